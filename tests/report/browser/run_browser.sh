#!/usr/bin/env bash
# HTML reports in a real browser: run_browser.sh MAKE_PAGES BUNDLE. The Python is $TRAINMARK_BROWSER_PYTHON, else that of './dev test --browser',
# else python3; exit status 77 when something is missing, with a sentence.
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=${TRAINMARK_BROWSER_PYTHON:-${TRAINMARK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/trainmark}/tools/browser/bin/python}
[ -x "$python" ] || python=$(command -v python3) || { echo "Skipped: there is no python3."; exit 77; }
[ -s "$2" ] || { echo "Skipped: this build has no charts ($2 is missing; ./dev build makes it)."; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$1" "$folder"
status=0
"$python" -B "$here/check_pages.py" "$folder" || status=$?
exit "$status"
