// Readers by ifstream: nothing here runs while a block is timed.
#include "trial/system_files.hpp"

#include <fstream>

namespace trainmark::trial {

std::vector<std::string> lines_of(const std::string& path) {
  std::vector<std::string> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

std::string first_line(const std::string& path) {
  std::string line;
  std::ifstream file(path);
  std::getline(file, line);
  return line;
}

std::vector<std::pair<std::string, std::string>> control_groups() {
  std::vector<std::pair<std::string, std::string>> groups;
  for (const auto& line : lines_of("/proc/self/cgroup")) {  // "ID:CONTROLLERS:PATH"
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (second != std::string::npos) groups.emplace_back(line.substr(first + 1, second - first - 1), line.substr(second + 1));
  }
  return groups;
}

}  // namespace trainmark::trial
