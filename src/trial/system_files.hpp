// Small readers of the system's text files: /proc, /sys and control groups. What cannot be read is empty.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace trainmark::trial {

std::vector<std::string> lines_of(const std::string& path);
std::string first_line(const std::string& path);

/// Control groups of this process: controllers ("" in version 2) and path below the controllers' mount.
std::vector<std::pair<std::string, std::string>> control_groups();

}  // namespace trainmark::trial
