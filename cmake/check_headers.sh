#!/usr/bin/env bash
# Compiles every header of src/ alone, so that each includes what it needs.
#
#   cmake/check_headers.sh [BUILD_DIR]      the compiler is $CXX, else g++
#
# Include paths come from BUILD_DIR/compile_commands.json (default: build). Headers that Highway compiles once per
# instruction set (they hold HWY_BEFORE_NAMESPACE) are parts of a source file and are left out.
set -eu
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build="${1:-build}"
if [ ! -f "$build/compile_commands.json" ]; then
  echo "There is no $build/compile_commands.json; run './dev build' first." >&2
  exit 2
fi

export CXX="${CXX:-g++}"
INCLUDES="-Isrc $(grep -oE -- '(-I|-isystem )[^ "]+' "$build/compile_commands.json" | sort -u | tr '\n' ' ')"
export INCLUDES

# `-include header` on an empty source instead of the header itself: "#pragma once in main file" is a warning.
compile_alone() {
  # shellcheck disable=SC2086  # INCLUDES is a list of words
  if ! "$CXX" -std=c++20 -fsyntax-only -Wall -Wextra -Wshadow -Werror $INCLUDES -include "$1" -x c++ /dev/null; then
    echo "$1 does not compile alone; include what it uses."
    return 1
  fi
}
export -f compile_alone

headers=$(find src -name '*.hpp' -exec grep -L HWY_BEFORE_NAMESPACE {} + | sort)
jobs=$(nproc 2>/dev/null || sysctl -n hw.ncpu)
# shellcheck disable=SC2016  # $0 is for the inner shell
if ! echo "$headers" | xargs -n 1 -P "$jobs" bash -c 'compile_alone "$0"'; then exit 1; fi
echo "$(echo "$headers" | wc -l | tr -d ' ') headers compile alone."
