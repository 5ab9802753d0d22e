// Columns of text as wide as their content, for lists on the terminal.
#pragma once

#include <unistd.h>

#include <string>
#include <vector>

namespace trainmark::cli {

/// Rows of cells with two spaces between columns. The last column is wrapped at `width` characters, indented under
/// itself.
std::string columns(const std::vector<std::vector<std::string>>& rows, size_t width = 100);

/// Width of the terminal behind a descriptor, or `fallback` when it is none.
size_t terminal_width(size_t fallback = 80, int descriptor = STDOUT_FILENO);

}  // namespace trainmark::cli
