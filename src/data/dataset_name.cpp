#include "data/dataset_name.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "core/suggest.hpp"

namespace trainmark::data {
namespace {

using core::Result;
using core::usage_error;

constexpr int64_t kLargestSide = 65'535;

std::optional<std::string> decode_percent(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    unsigned value = 0;
    const char* end = text.data() + i + 3;
    if (std::from_chars(text.data() + i + 1, end, value, 16).ptr != end) return std::nullopt;
    decoded += static_cast<char>(value);
    i += 2;
  }
  return decoded;
}

/// The file or folder without those that it lies in, also of "digits/" and ".".
std::string last_name(const std::filesystem::path& path) {
  const auto whole = std::filesystem::absolute(path).lexically_normal();
  return (whole.has_filename() ? whole : whole.parent_path()).filename().string();
}

/// Where the query begins: the last '?' with an '=' behind it.
size_t find_query(std::string_view text) {
  const size_t mark = text.rfind('?');
  return mark != std::string_view::npos && text.find('=', mark) != std::string_view::npos ? mark : text.size();
}

}  // namespace

std::string DatasetName::title() const {
  std::string title = fmt::format("{}:{}", kind, last_name(path));
  char before = '?';
  for (const auto& [key, value] : options) {
    title += fmt::format("{}{}={}", before, key, key == "test" ? last_name(value) : value);
    before = '&';
  }
  return title;
}

std::string DatasetName::option(const std::string& key) const {
  const auto found = options.find(key);
  return found == options.end() ? "" : found->second;
}

Result<DatasetName> parse_dataset_name(std::string_view text) {
  DatasetName name;
  name.text = text;
  const size_t colon = text.find(':');
  name.kind = text.substr(0, colon);
  if (colon == std::string_view::npos) return name;
  std::string_view rest = text.substr(colon + 1);
  const size_t mark = find_query(rest);
  name.path = rest.substr(0, mark);
  if (name.path.empty()) return usage_error(fmt::format("the data set '{}' names no file or folder behind '{}:'", text, name.kind));
  rest = mark == rest.size() ? std::string_view() : rest.substr(mark + 1);
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const size_t equal = pair.find('=');
    if (equal == std::string_view::npos || equal == 0)
      return usage_error(fmt::format("the data set '{}': the option '{}' is not of the form key=value", text, pair));
    const auto value = decode_percent(pair.substr(equal + 1));
    if (!value) return usage_error(fmt::format("the data set '{}': '%' in '{}' must be followed by two hexadecimal digits; '%25' is '%' itself", text, pair));
    if (!name.options.emplace(pair.substr(0, equal), *value).second)
      return usage_error(fmt::format("the data set '{}' gives the option '{}' twice", text, pair.substr(0, equal)));
  }
  return name;
}

Result<void> check_options(const DatasetName& name, const std::vector<std::string>& known) {
  for (const auto& [key, value] : name.options) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    return usage_error(fmt::format("the data set '{}': {}: has no option '{}'{}; known are {}", name.text, name.kind, key, core::did_you_mean(key, known),
                                   fmt::join(known, ", ")));
  }
  return {};
}

Result<int64_t> parse_number(std::string_view text, int64_t smallest, int64_t largest, std::string_view what) {
  int64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size() || value < smallest || value > largest)
    return usage_error(fmt::format("{} is '{}', but must be a number from {} to {}", what, text, smallest, largest));
  return value;
}

Result<Shape3> parse_shape(std::string_view text, std::string_view what) {
  std::vector<int64_t> sides;
  for (std::string_view rest = text;;) {
    const size_t end = std::min(rest.find('x'), rest.size());
    const auto side = parse_number(rest.substr(0, end), 1, kLargestSide, fmt::format("a side of {} '{}'", what, text));
    if (!side) return side.error();
    sides.push_back(*side);
    if (end == rest.size()) break;
    rest.remove_prefix(end + 1);
  }
  if (sides.size() == 2) return Shape3{1, sides[0], sides[1]};
  if (sides.size() == 3) return Shape3{sides[0], sides[1], sides[2]};
  return usage_error(fmt::format("{} is '{}', but must be HEIGHTxWIDTH or CHANNELSxHEIGHTxWIDTH, for example 28x28 or 3x32x32", what, text));
}

}  // namespace trainmark::data
