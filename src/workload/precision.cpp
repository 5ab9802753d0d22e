#include "workload/precision.hpp"

#include <cstdlib>
#include <string>

namespace trainmark::workload {

std::optional<double> parse_precision(std::string_view text) {
  const std::string words(text);
  char* end = nullptr;
  double value = std::strtod(words.c_str(), &end);
  if (end == words.c_str()) return std::nullopt;
  while (*end == ' ') ++end;
  if (*end == '%') {
    value /= 100;
    ++end;
  }
  const bool in_range = value >= 0.0001 && value <= 0.5;  // false for NaN
  return *end == '\0' && in_range ? std::optional(value) : std::nullopt;
}

}  // namespace trainmark::workload
