#!/bin/bash
# builtin.json is what make.py makes of the facts, and a changed file is noticed.
set -euo pipefail
cd registry/catalogue
folder=$(mktemp -d "${TEST_TMPDIR:-/tmp}/make.XXXXXX")
cp -rL builtin.json make.py facts "$folder"
cd "$folder"
python3 make.py --check
chmod u+w builtin.json
sed -i 's/"version": 1/"version": 2/' builtin.json
if python3 make.py --check 2>errors; then
  echo "a changed builtin.json was not noticed" >&2
  exit 1
fi
grep -q '^builtin.json is not what the facts give' errors
python3 make.py
python3 make.py --check
