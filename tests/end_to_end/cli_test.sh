#!/usr/bin/env bash
# The real zoo, as people and scripts meet it: what it prints where, and how it ends.
set -u
zoo=$PWD/$1
work=$TEST_TMPDIR/work
mkdir -p "$work"
cd "$work" || exit 1
unset ZOO_CACHE ZOO_REGISTRY ZOO_OFFLINE ZOO_MIRROR ZOO_PYTHON COLUMNS NO_COLOR
export HOME=$work/home TERM=dumb
failures=0

fail() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

# run CODE COMMAND...: leaves ./out and ./err.
run() {
  local wanted=$1 code
  shift
  "$@" > out 2> err
  code=$?
  [[ $code == "$wanted" ]] || fail "$* ended with $code, not $wanted: $(cat err)"
}

# says FILE TEXT: the whole file is the text.
says() { [[ $(cat "$1") == "$2" ]] || fail "$1 is: $(cat "$1")"$'\n'"instead of: $2"; }
empty() { [[ ! -s $1 ]] || fail "$1 is not empty: $(cat "$1")"; }
# The value of a member of ./out, which must be one JSON document.
member() { python3 -c 'import json, sys; print(json.load(open("out"))[sys.argv[1]])' "$1"; }

echo "== help fits the width"
for columns in 40 80; do
  for topic in "" pull "cache list" classify exit-codes environment limits completion; do
    # shellcheck disable=SC2086
    COLUMNS=$columns run 0 "$zoo" help $topic
    empty err
    [[ -s out ]] || fail "help $topic is empty"
    widest=$(awk '{ if (length > w) w = length } END { print w }' out)
    ((widest <= columns)) || fail "help $topic is $widest wide, not $columns"
  done
done
run 0 "$zoo" pull --help
cp out wanted
run 0 "$zoo" help pull
cmp -s out wanted || fail "pull --help is not help pull"
run 0 "$zoo" --help
head -1 out | grep -q '^usage: zoo COMMAND' || fail "--help begins with $(head -1 out)"
run 2 "$zoo"
empty out
head -1 err | grep -q '^usage: zoo COMMAND' || fail "zoo alone begins with $(head -1 err)"

echo "== usage errors"
run 2 "$zoo" pul
empty out
says err 'zoo: there is no command "pul"; did you mean `zoo pull`? `zoo help` lists all'
run 2 "$zoo" list --sort speed
says err 'zoo: `zoo list` cannot take --sort "speed", only name, acc, params, size or gflops; usage: zoo list [options]'
run 2 "$zoo" version --jsn
empty out
says err 'zoo: `zoo version` has no option "--jsn"; did you mean --json? usage: zoo version [options]'
run 2 "$zoo" cache
says err 'zoo: `zoo cache` is not a whole command; add one of: list, remove, prune, path'
run 2 "$zoo" $'\e[31m'
says err 'zoo: there is no command "\x1b[31m"; `zoo help` lists the commands'
for arguments in "--json pul" "pul --json" "version --jsn --json" "--json"; do
  # shellcheck disable=SC2086
  run 2 "$zoo" $arguments
  [[ $(member schema) == zoo/error/1 ]] || fail "$arguments: schema $(member schema)"
  [[ $(member code) == usage ]] || fail "$arguments: code $(member code)"
  says err "zoo: $(member message); $(member hint)"
done

echo "== version"
run 0 "$zoo" version --json
[[ $(member schema) == zoo/version/1 ]] || fail "version: $(cat out)"
empty err
run 0 "$zoo" --version
grep -qx 'zoo [0-9.]*' out || fail "--version: $(cat out)"

echo "== standard output that cannot be written"
if [[ -c /dev/full ]]; then
  "$zoo" version --quiet > /dev/full 2> err
  [[ $? == 5 ]] || fail "a full disk is not exit code 5"
  says err 'zoo: cannot write standard output: No space left on device'
fi
"$zoo" version --quiet >&- 2> err
[[ $? == 5 ]] || fail "a closed standard output is not exit code 5"
says err 'zoo: cannot write standard output: Bad file descriptor'
{ "$zoo" completion names; echo "${PIPESTATUS[0]}" > code; } 2> err | true
empty err
[[ $(cat code) == 141 || $(cat code) == 0 ]] || fail "a closed pipe ended with $(cat code)"
"$zoo" completion names < /dev/null 2> err | head -1 > out
empty err
[[ -s out ]] || fail "no names"

echo "== registries: paths with blanks and letters of every script"
folder="my cache/Möwe 熊猫"
mkdir -p "$folder"
cat > "$folder/my models.json" << 'JSON'
{"schema": "zoo/registry/1", "name": "lab", "version": 1, "updated": "2026-11-24T00:00:00Z",
 "entries": [{"model": "toy", "weights": "v1", "architecture": {"name": "toy", "options": {}},
   "artifact": {"file": "toy.pth", "size": 4,
     "sha256": "88d4266fd4e6338d13b845fcf289579d209c897823b9217da3e161936f031589",
     "sources": [{"url": "https://a.example/toy.pth"}]}}]}
JSON
wanted=$'toy\ntoy:v1'
run 0 "$zoo" completion names --registry "$folder/my models.json"
says out "$wanted"
ZOO_REGISTRY="$folder/my models.json" run 0 "$zoo" completion names
says out "$wanted"
cp "$folder/my models.json" "$folder/zoo.json"
run 0 "$zoo" completion names --registry="$folder"
says out "$wanted"
run 3 "$zoo" completion names --registry nowhere
says err 'zoo: no registry goes by "nowhere", and there is no such file; name a registry file, a folder with a zoo.json, builtin, or one of `zoo registry list`'
run 3 "$zoo" completion names --registry 'https://user:secret@a.example/?token=canary'
grep -qE 'secret|canary' err && fail "a secret was printed: $(cat err)"

echo "== completion"
for shell in bash zsh fish; do
  run 0 "$zoo" completion $shell
  empty err
  grep -q -- 'cache' out || fail "$shell completion knows no cache"
done
run 2 "$zoo" completion tcsh
says err 'zoo: there is no completion for the shell "tcsh"; bash, zsh and fish have one'
# complete LINE: what bash offers for it, on one line.
complete_line() {
  PATH=${zoo%/*}:$PATH bash --norc -c '
    source <(zoo completion bash)
    COMP_LINE=$1 COMP_POINT=${#1}
    _zoo
    echo "${COMPREPLY[*]}"' _ "$1"
}
offers() {
  local got
  got=$(complete_line "$1")
  [[ $got == "$2" ]] || fail "for '$1' bash offers '$got', not '$2'"
}
offers 'zoo ver' 'verify version'
offers 'zoo cache p' 'prune path'
offers 'zoo registry ' 'add list remove update'
offers 'zoo --cache pull ver' 'verify version'
offers 'zoo version --j' '--json'
offers 'zoo completion ' 'bash zsh fish'
offers 'zoo run --dtype ' 'float32 float64'
offers 'zoo convert a b --format s' 'safetensors'
offers 'zoo list --sort g' 'gflops'
offers 'zoo list --family mn' 'mnasnet'
offers 'zoo run --arch wide' 'wide_resnet101_2 wide_resnet50_2'
ZOO_CONFIG="$folder/config.json" XDG_STATE_HOME="$PWD/$folder/state" run 0 "$zoo" registry add lab "$folder/my models.json"
ZOO_CONFIG="$folder/config.json" XDG_STATE_HOME="$PWD/$folder/state" offers 'zoo registry remove l' 'lab'
ZOO_CONFIG="$folder/config.json" XDG_STATE_HOME="$PWD/$folder/state" offers 'zoo registry add l' ''
offers 'zoo help exit' 'exit-codes'

echo "== zoo-run"
mkdir -p "alone Ö/bin"
cp "$zoo" "alone Ö/bin/zoo"
run 7 "alone Ö/bin/zoo" classify cat.png
says err "zoo: \`zoo classify\` is carried out by zoo-run, and there is no zoo-run in \"$work/alone Ö/bin\"; build //cli:zoo-run, or install zoo-run into that folder"
run 7 "alone Ö/bin/zoo" classify cat.png --json
[[ $(member code) == unsupported ]] || fail "no zoo-run: code $(member code)"
run 0 "alone Ö/bin/zoo" help classify
grep -q 'zoo-run, which is not beside' out || fail "help classify: $(cat out)"
cat > "alone Ö/bin/zoo-run" << 'SH'
#!/bin/sh
printf '<%s>' "$ZOO_CACHE" "$@"
exit 42
SH
chmod -x "alone Ö/bin/zoo-run"
run 7 "alone Ö/bin/zoo" run x
chmod +x "alone Ö/bin/zoo-run"
ln -s "alone Ö/bin/zoo" link
for program in "alone Ö/bin/zoo" ./link; do
  ZOO_CACHE="a b" run 42 "$program" --json classify "my cat.png" "" --model 熊猫
  says out '<a b><--json><classify><my cat.png><><--model><熊猫>'
  run 42 "$program" help classify
  says out '<><help><classify>'
  run 42 "$program" check --help
  run 42 "$program" completion bash
  run 0 "$program" version
done

[[ -e $HOME ]] && fail "something was written to the home folder"
((failures == 0)) && echo "PASSED"
exit $((failures != 0))
