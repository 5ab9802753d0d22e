#include "report/roofline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analysis/diagnosis.hpp"

namespace trainmark::report {
namespace {

using analysis::Placement;
using analysis::Point;
using core::Json;

std::string bytes_text(int64_t bytes) {
  const auto value = static_cast<double>(bytes);
  if (value >= 1e9) return fmt::format("{:.2f} GB", value / 1e9);
  if (value >= 1e6) return fmt::format("{:.2f} MB", value / 1e6);
  return fmt::format("{:.1f} KB", value / 1e3);
}

std::string short_text(double value) { return value >= 99.95 ? fmt::format("{:.0f}", value) : fmt::format("{:.3g}", value); }

std::string name_of(const Point& point) {
  const std::string name = "  " + analysis::operation_text(point.operation);
  return point.phase.empty() || point.phase == point.operation ? name : name + ", " + point.phase;
}

std::vector<std::string> row(const std::string& name, const Point& point) {
  std::vector<std::string> cells = {name, analysis::duration_text(point.time_ns), fmt::format("{:.0f} %", 100 * point.share),
                                    point.flops > 0 ? short_text(point.gflops) : "-"};
  const bool known = point.implementation.has_value();
  const auto& placed = known ? point.implementation : point.compulsory;
  if (!placed) {
    cells.insert(cells.end(), {"-", "-", "-", "-", "-"});
    return cells;
  }
  cells.push_back(bytes_text(placed->bytes) + (known ? "*" : ""));
  cells.push_back(short_text(placed->gbs));
  cells.push_back(placed->intensity && point.flops > 0 ? short_text(*placed->intensity) : "-");
  cells.push_back(placed->ceiling);
  cells.push_back(fmt::format("{:.{}g} %", 100 * placed->fraction, placed->fraction < 0.0995 ? 2 : 3));
  return cells;
}

Json placement_json(const std::optional<Placement>& placed) {
  if (!placed) return nullptr;
  return {{"bytes", placed->bytes},
          {"gb_per_s", placed->gbs},
          {"flops_per_byte", placed->intensity ? Json(*placed->intensity) : Json()},
          {"attainable_ns", placed->attainable_ns},
          {"ceiling", placed->ceiling},
          {"ceiling_rate", placed->ceiling_rate},
          {"fraction_of_attainable", placed->fraction}};
}

Json point_json(const Point& point) {
  return {{"operation", point.operation},
          {"phase", point.phase.empty() ? Json() : Json(point.phase)},
          {"time_ns", point.time_ns},
          {"share", point.share},
          {"flops", point.flops},
          {"gflop_per_s", point.gflops},
          {"compulsory", placement_json(point.compulsory)},
          {"implementation", placement_json(point.implementation)}};
}

}  // namespace

std::string roofline_caption(const analysis::WorkloadResult& result) {
  if (!result.roof) return "";
  const analysis::Roof& roof = *result.roof;
  std::string text = fmt::format("Against the ceilings of {} thread{}, measured in this run: {} GFLOP/s in {}", result.threads, result.threads == 1 ? "" : "s",
                                 short_text(roof.peak_gops), roof.type);
  for (const analysis::Roof::Level& level : roof.levels) text += fmt::format(", {} GB/s in {}", short_text(level.gbs), level.name);
  return text + ". Bytes with * are those that the kernels touch, others compulsory:";
}

std::vector<std::vector<std::string>> roofline_rows(const analysis::WorkloadResult& result) {
  std::vector<std::vector<std::string>> rows = {
      {"platform, operation", "time", "share", "GFLOP/s", "moves", "GB/s", "FLOP/byte", "nearest ceiling", "of attainable"}};
  for (const analysis::PlatformResult& platform : result.platforms) {
    if (!platform.roofline || !platform.invalid.empty()) continue;
    rows.push_back(row(platform.platform, platform.roofline->step));
    for (const Point& point : platform.roofline->operations) rows.push_back(row(name_of(point), point));
  }
  if (rows.size() == 1) rows.clear();
  return rows;
}

std::vector<std::string> roofline_sentences(const analysis::WorkloadResult& result) {
  std::vector<std::string> sentences;
  for (const analysis::PlatformResult& platform : result.platforms) {
    if (!platform.invalid.empty()) continue;
    for (const std::string& sentence : platform.diagnosis) sentences.push_back(fmt::format("{}: {}", platform.platform, sentence));
    for (const analysis::Finding& finding : platform.plausibility) {
      if (finding.plausibility == analysis::Plausibility::kCacheResident) sentences.push_back(fmt::format("{}: {}.", platform.platform, finding.reason));
    }
  }
  return sentences;
}

core::Json roof_json(const analysis::WorkloadResult& result) {
  if (!result.roof) return nullptr;
  Json levels = Json::array();
  for (const analysis::Roof::Level& level : result.roof->levels) {
    levels.push_back({{"level", level.name}, {"bytes", level.name == "memory" ? Json() : Json(level.bytes)}, {"gb_per_s", level.gbs}});
  }
  return {{"type", result.roof->type},
          {"gop_per_s", result.roof->peak_gops},
          {"levels", levels},
          {"core_to_core_ns", result.roof->core_to_core_ns ? Json(*result.roof->core_to_core_ns) : Json()}};
}

core::Json roofline_json(const analysis::PlatformResult& platform) {
  if (!platform.roofline) return nullptr;
  Json operations = Json::array();
  for (const Point& point : platform.roofline->operations) operations.push_back(point_json(point));
  const bool known = !platform.roofline->operations.empty();
  return {{"step", point_json(platform.roofline->step)},
          {"operations", operations},
          {"rest_share", known ? Json(platform.roofline->rest_share) : Json()},
          {"diagnosis", platform.diagnosis}};
}

core::Json plausibility_json(const analysis::PlatformResult& platform) {
  if (platform.plausibility.empty()) return nullptr;
  const analysis::Finding worst = analysis::gravest(platform.plausibility);
  double ratio = 0;
  for (const analysis::Finding& finding : platform.plausibility) ratio = std::max(ratio, finding.ratio);
  return {{"value", analysis::plausibility_name(worst.plausibility)},
          {"reason", worst.reason.empty() ? Json() : Json(worst.reason)},
          {"largest_ratio_to_ceiling", ratio}};
}

}  // namespace trainmark::report
