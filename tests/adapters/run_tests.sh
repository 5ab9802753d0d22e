#!/usr/bin/env bash
# The adapters' tests in the environment of one platform: run_tests.sh PROGRAM PLATFORM. Status 77 when it is not set up.
# Tests of frameworks that this environment does not have skip themselves.
set -u
python=$("$1" setup "$2" --where 2>/dev/null) || { echo "$2 is not set up; 'trainmark setup $2' does it"; exit 77; }
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
exec "$python" -E -s -B -m unittest discover --start-directory . --pattern 'test_*.py'
