#!/usr/bin/env bash
# Exports by their consumers, with a Python that has what the checks need: run_checks.sh PROGRAM. $TRAINMARK_CONSUMERS is its path; else
# that of scikit-learn (numpy and scipy), else python3. What is missing is skipped, by name, by the checks themselves.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=${TRAINMARK_CONSUMERS:-$("$1" setup scikit-learn --where 2>/dev/null)}
python=${python:-$(command -v python3)} || { echo "there is no python3"; exit 77; }
exec "$python" -B "$here/check_exports.py" "$1"
