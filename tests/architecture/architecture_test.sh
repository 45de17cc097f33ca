#!/bin/sh
# Holds this checkout to edges.py.
set -eu
script=$(readlink -f tests/architecture/check.py)
exec python3 -B "$script" "${script%/tests/architecture/check.py}"
