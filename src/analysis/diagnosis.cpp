#include "analysis/diagnosis.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace trainmark::analysis {
namespace {

std::string percent(double fraction) {
  return fraction < 0.00995 ? fmt::format("{:.2g} %", 100 * fraction) : fmt::format("{:.{}f} %", 100 * fraction, fraction < 0.0995 ? 1 : 0);
}

std::string rate(double value) { return value >= 9.95 ? fmt::format("{:.0f}", value) : fmt::format("{:.2g}", value); }

std::string bytes_text(int64_t bytes) {
  const auto value = static_cast<double>(bytes);
  if (value >= 1e9) return fmt::format("{:.3g} GB", value / 1e9);
  if (value >= 1e6) return fmt::format("{:.3g} MB", value / 1e6);
  return fmt::format("{:.3g} KB", value / 1e3);
}

/// What is nearest to the truth of bytes: what the kernels touch where that is known.
const std::optional<Placement>& best_column(const Point& point) { return point.implementation ? point.implementation : point.compulsory; }

bool by_arithmetic(const Placement& placed) { return placed.ceiling.ends_with("arithmetic"); }

std::string phrase(const Point& point) {
  const std::string name = operation_text(point.operation);
  return point.phase.empty() || point.phase == point.operation ? name : fmt::format("{} ({})", name, point.phase);
}

}  // namespace

std::string operation_text(const std::string& word) {
  std::string text = word;
  if (text.find('.') == std::string::npos) std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

std::string largest_operation(const Roofline& lines) {
  if (lines.operations.empty()) return "";
  const Point& largest = lines.operations.front();
  if (largest.share < kLargeShare) return "";
  const std::string what = fmt::format("{} of this step is {}", percent(largest.share), phrase(largest));
  const auto& placed = best_column(largest);
  if (!placed) return what + ".";
  if (by_arithmetic(*placed)) {
    return fmt::format("{}, which does {:.0f} GFLOP/s, {} of the {:.0f} of {}.", what, largest.gflops, percent(largest.gflops / placed->ceiling_rate),
                       placed->ceiling_rate, placed->ceiling);
  }
  return fmt::format("{}, which moves {} and reaches {} of {} ({} of {} GB/s).", what, bytes_text(placed->bytes), percent(placed->gbs / placed->ceiling_rate),
                     placed->ceiling, rate(placed->gbs), rate(placed->ceiling_rate));
}

std::string rest_of_step(const Roofline& lines) {
  if (lines.operations.empty() || lines.rest_share < kNotableRest) return "";
  return fmt::format("{} of this step is in no operation: waiting, synchronising, and what the platform itself costs.", percent(lines.rest_share));
}

std::string moving_operations(const Roofline& lines) {
  if (lines.operations.empty() || lines.operations.front().share >= kLargeShare) return "";
  double share = 0;
  int64_t bytes = 0;
  for (const Point& point : lines.operations) {
    if (point.flops > 0) continue;
    share += point.share;
    if (const auto& placed = best_column(point)) bytes += placed->bytes;
  }
  if (share < kMovingShare) return "";
  return fmt::format("{} of this step is in operations without products, which move {} together.", percent(share), bytes_text(bytes));
}

std::string whole_step(const Roofline& lines) {
  const auto& placed = best_column(lines.step);
  if (!placed) return "";
  const double fraction = placed->fraction;
  const std::string bound = fmt::format("{} ({:.0f} {})", placed->ceiling, placed->ceiling_rate, by_arithmetic(*placed) ? "GFLOP/s" : "GB/s");
  if (fraction > 1) {
    return fmt::format("The step is {:.2f} times as fast as its {} bytes allow: it moves fewer, by fusing operations or by keeping them in a nearer cache.",
                       fraction, lines.step.implementation ? "implementation's" : "compulsory");
  }
  if (fraction < kFarFromRoof) {
    return fmt::format("The step takes {:.0f} times as long as its ceilings allow: neither arithmetic nor bandwidth limits it.", 1 / fraction);
  }
  if (fraction >= kNearRoof) return fmt::format("The step reaches {} of what its ceilings allow, most of it {}: little is left.", percent(fraction), bound);
  return fmt::format("The step reaches {} of what its ceilings allow, most of it {}.", percent(fraction), bound);
}

std::string slow_lines(const Roofline& lines, const Roof& roof) {
  if (!roof.core_to_core_ns || *roof.core_to_core_ns < kSlowLineNs || lines.step.time_ns > kShortStepNs) return "";
  return fmt::format("A cache line takes {:.0f} ns from core to core here: threads that share so short a step wait for each other.", *roof.core_to_core_ns);
}

std::vector<std::string> diagnose(const Roofline& lines, const Roof& roof) {
  std::vector<std::string> said;
  for (std::string& sentence :
       std::vector<std::string>{largest_operation(lines), moving_operations(lines), rest_of_step(lines), whole_step(lines), slow_lines(lines, roof)}) {
    if (!sentence.empty()) said.push_back(std::move(sentence));
  }
  return said;
}

}  // namespace trainmark::analysis
