#include "workload/precision.hpp"

#include "core/percent.hpp"

namespace trainmark::workload {

std::optional<double> parse_precision(std::string_view text) {
  const auto read = core::read_percent(text);
  const bool in_range = read && read->fraction() >= 0.0001 && read->fraction() <= 0.5;
  return in_range ? std::optional(read->fraction()) : std::nullopt;
}

}  // namespace trainmark::workload
