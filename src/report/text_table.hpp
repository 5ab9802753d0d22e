// Tables and sentences in plain text for a terminal, where no cell needs a colour.
#pragma once

#include <string>
#include <vector>

namespace trainmark::report {

/// Text broken at spaces; lines after the first begin with two. Ends with a line feed.
std::string wrapped_text(const std::string& text, size_t width);

/// Rows fitted to the width (fit.hpp), the first column and `left` ones to the left, with what was shortened or left out below, and an empty line.
std::string plain_table(std::vector<std::vector<std::string>> rows, size_t width, const std::vector<std::string>& left = {});

/// The same in GitHub's Markdown, with an empty line after it.
std::string markdown_table(const std::vector<std::vector<std::string>>& rows, const std::vector<std::string>& left = {});

}  // namespace trainmark::report
