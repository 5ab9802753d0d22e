// Tables and sentences in plain text for a terminal, and tables in Markdown.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace trainmark::report {

/// Text broken at spaces; lines after the first begin with two. Ends with a line feed.
std::string wrapped_text(const std::string& text, size_t width);

/// What is printed of a cell below the headings once the columns are laid out: it may add a colour, which takes no room.
using Decorate = std::function<std::string(const std::string& heading, const std::string& cell)>;

/// Rows as lines, the first column and those under the headings `left` to the left, with two spaces between columns where they fit the width, else one.
std::string table_lines(const std::vector<std::vector<std::string>>& rows, size_t width, const std::vector<std::string>& left = {},
                        const Decorate& decorate = {});

/// The same of rows fitted to the width (fit.hpp), with what was shortened or left out below, and an empty line.
std::string plain_table(std::vector<std::vector<std::string>> rows, size_t width, const std::vector<std::string>& left = {}, const Decorate& decorate = {});

/// The same in GitHub's Markdown, with an empty line after it.
std::string markdown_table(const std::vector<std::vector<std::string>>& rows, const std::vector<std::string>& left = {});

}  // namespace trainmark::report
