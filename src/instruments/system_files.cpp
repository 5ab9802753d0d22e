// Readers by ifstream: nothing here runs while a block is timed.
#include "instruments/system_files.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace trainmark::instruments {

std::vector<std::string> lines_of(const std::filesystem::path& path) {
  std::vector<std::string> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

std::string first_line(const std::filesystem::path& path) {
  std::string line;
  std::ifstream file(path);
  std::getline(file, line);
  return line;
}

std::vector<std::pair<std::string, std::string>> control_groups(const std::filesystem::path& root) {
  std::vector<std::pair<std::string, std::string>> groups;
  for (const auto& line : lines_of(root / "proc/self/cgroup")) {  // "ID:CONTROLLERS:PATH"
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (second != std::string::npos) groups.emplace_back(line.substr(first + 1, second - first - 1), line.substr(second + 1));
  }
  return groups;
}

std::vector<int> numbers_in_list(const std::string& text) {
  constexpr size_t kMost = 4096;
  std::vector<int> numbers;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    char* end = nullptr;
    const long first = std::strtol(part.c_str(), &end, 10);
    if (end == part.c_str()) continue;
    const long last = *end == '-' ? std::strtol(end + 1, nullptr, 10) : first;
    for (long n = first; n <= last && numbers.size() < kMost; ++n) numbers.push_back(static_cast<int>(n));
  }
  return numbers;
}

}  // namespace trainmark::instruments
