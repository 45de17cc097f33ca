#!/bin/bash
# builtin.json is what make.py makes of the facts, docs/models.md is what models_page.py makes of
# builtin.json, and a changed file is noticed.
set -euo pipefail
folder=$(mktemp -d "${TEST_TMPDIR:-/tmp}/make.XXXXXX")
cp -rL --parents registry/catalogue docs/models.md "$folder"
chmod -R u+w "$folder"
cd "$folder/registry/catalogue"

# check SCRIPT FILE EDIT COMPLAINT: FILE is what SCRIPT makes, and is not after the sed EDIT.
check() {
  python3 "$1" --check
  sed -i "$3" "$2"
  if python3 "$1" --check 2>errors; then
    echo "a changed $2 was not noticed" >&2
    exit 1
  fi
  grep -q "^$4" errors
  python3 "$1"
  python3 "$1" --check
}

check make.py builtin.json 's/"version": 1/"version": 2/' 'builtin.json is not what the facts give'
check models_page.py ../../docs/models.md 's/69\.758/70.000/' \
  'docs/models.md is not what builtin.json gives'
