#!/bin/sh
set -eu
exec python3 -B tests/architecture/check_test.py
