// Small readers of the system's text files: /proc, /sys and control groups. What cannot be read is empty.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace trainmark::instruments {

std::vector<std::string> lines_of(const std::filesystem::path& path);
std::string first_line(const std::filesystem::path& path);

/// Control groups of this process: controllers ("" in version 2) and path below the controllers' mount. `root`: the folder that holds
/// proc and sys.
std::vector<std::pair<std::string, std::string>> control_groups(const std::filesystem::path& root = "/");

/// The numbers in "0-3,8", ascending as written; rubbish is left out, and no list is longer than 4096.
std::vector<int> numbers_in_list(const std::string& text);

}  // namespace trainmark::instruments
