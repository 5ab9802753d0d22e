#!/usr/bin/env bash
# Holds the includes of src/ to the order of the folders: a folder may use itself and those before it, none after it.
#
#   cmake/check_folder_order.sh [SOURCE_DIR]
#
# Each violation is one sentence; the exit status is 1 when there is any. backends/backend.hpp, the interface of the
# engines, with options.hpp and neighbours.hpp beside it, stands before the engines, and the folder backends, which lists them, after; the engines do not know each other.
# Generated pieces (*.inc) belong to no folder and are left out.
set -eu
cd "${1:-$(dirname "${BASH_SOURCE[0]}")/../src}"

find . -name '*.hpp' -o -name '*.cpp' -o -name '*.in' | sed 's|^\./||' | sort | xargs grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' /dev/null | awk '
  BEGIN {
    order = "core instruments statistics data network plan backends/backend.hpp ENGINES ceilings backends platforms workload worker proof trial store analysis report cli"
    count = split(order, names, " ")
    for (i = 1; i <= count; ++i) rank[names[i]] = i
  }
  # The folder that a path belongs to, as the order names it; the engines keep their own names.
  function folder(path, parts, n) {
    if (path ~ /^backends\/(backend|neighbours|options)\.hpp$/) return "backends/backend.hpp"
    n = split(path, parts, "/")
    if (n < 2) return ""
    if (parts[1] == "backends" && n > 2) return "backends/" parts[2]
    return parts[1]
  }
  function place(name) { return name ~ /^backends\/[^.]+$/ ? rank["ENGINES"] : rank[name] }
  function complain(text) { print file ":" line " " text; ++violations }
  {
    split($0, field, ":"); file = field[1]; line = field[2]
    split($0, quoted, "\""); included = quoted[2]
    from = folder(file); to = folder(included)
    if (included ~ /\.inc$/) next
    ++includes
    if (place(from) == 0) complain("lies in a folder that the order of cmake/check_folder_order.sh does not name; add it there.")
    else if (to == "" || place(to) == 0) complain("includes \"" included "\", which names no folder of src/; write \"folder/file.hpp\".")
    else if (from == to) next
    else if (place(from) == rank["ENGINES"] && place(to) == rank["ENGINES"]) complain("includes \"" included "\", but engines must not know each other (" from " uses " to ").")
    else if (place(to) > place(from)) complain("includes \"" included "\", but " from " stands before " to " in the order of the folders.")
  }
  END {
    if (includes == 0) { print "No include was found in src/; is this the folder of the sources?"; exit 1 }
    if (violations > 0) { print violations " of " includes " includes break the order of the folders."; exit 1 }
    print includes " includes keep the order of the folders."
  }'
