#include "analysis/published.hpp"

#include <fmt/format.h>

#include <map>

#include "platforms/catalogue.hpp"

namespace trainmark::analysis {
namespace {

constexpr size_t kFields = 7;

const std::vector<std::pair<std::string, std::string>>& files() {
  static const std::vector<std::pair<std::string, std::string>> all = {
#include "built_in_published.inc"
  };
  return all;
}

/// The fields of a line; none of them is quoted.
std::vector<std::string> split(std::string_view line) {
  std::vector<std::string> fields(1);
  for (const char c : line) {
    if (c == ',') {
      fields.emplace_back();
    } else if (c != '\r') {
      fields.back() += c;
    }
  }
  return fields;
}

/// What follows the platform's name: the machine.
std::string machine_of(const std::string& printed, const std::string& platform) {
  return printed.starts_with(platform + " ") ? printed.substr(platform.size() + 1) : "";
}

}  // namespace

std::vector<Published> parse_published(std::string_view csv) {
  std::vector<Published> rows;
  bool heading = true;
  while (!csv.empty()) {
    const size_t end = std::min(csv.find('\n'), csv.size());
    const auto f = split(csv.substr(0, end));
    csv.remove_prefix(std::min(end + 1, csv.size()));
    if (!heading && f.size() == kFields) rows.push_back({f[0], f[1], f[2], f[3], f[4], f[5], f[6]});
    heading = false;
  }
  return rows;
}

const std::vector<Published>& published_of(const std::string& study) {
  static const auto all = [] {
    std::map<std::string, std::vector<Published>> parsed;
    for (const auto& [name, text] : files()) parsed[name] = parse_published(text);
    return parsed;
  }();
  static const std::vector<Published> kNone;
  const auto found = all.find(study);
  return found == all.end() ? kNone : found->second;
}

bool is_same_platform(const std::string& printed, const std::string& platform) {
  if (printed.empty() || platform.empty()) return false;
  if (printed == platform || printed.starts_with(platform + " ")) return true;
  const auto name = platforms::split_platform_name(platform);
  if (!name.mode.empty() || name.platform.find('-') == std::string::npos) return false;
  const std::string framework = name.platform.substr(0, name.platform.find('-'));
  if (printed == framework + " M1") return name.platform == "pytorch-mps" || name.platform == "tensorflow-metal";
  return printed == framework;
}

std::string published_text(const Published& row, const std::string& platform) {
  std::string text = row.value;
  if (!row.spread.empty()) text += " +- " + row.spread;
  const std::string machine = machine_of(row.platform, platform);
  return machine.empty() ? text : fmt::format("{} ({})", text, machine);
}

}  // namespace trainmark::analysis
