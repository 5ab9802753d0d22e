#include "analysis/roofline.hpp"

#include <algorithm>
#include <limits>
#include <map>

namespace trainmark::analysis {
namespace {

const std::vector<std::string>& mixed_patterns() {
  static const std::vector<std::string> names = {"triad", "non_temporal_triad", "update"};
  return names;
}

std::vector<Piece> of_kind(const std::vector<Piece>& pieces, const std::string& operation, const std::string& phase) {
  std::vector<Piece> found;
  std::copy_if(pieces.begin(), pieces.end(), std::back_inserter(found), [&](const Piece& p) { return p.operation == operation && p.phase == phase; });
  return found;
}

Point point_of(const std::string& operation, const std::string& phase, double time_ns, double share, const std::vector<Piece>& compulsory,
               const std::vector<Piece>& implementation, const Roof& roof) {
  Point point{operation, phase, time_ns, share, 0, 0, place(time_ns, compulsory, roof), place(time_ns, implementation, roof)};
  for (const Piece& piece : compulsory) point.flops += piece.flops;
  point.gflops = static_cast<double>(point.flops) / time_ns;
  return point;
}

}  // namespace

std::optional<Roof> roof_of(const ceilings::Ceilings& ceilings, const std::string& type, int threads) {
  const auto peak = ceilings::peak_gops(ceilings, type, threads);
  if (!peak) return std::nullopt;
  Roof roof;
  roof.type = type;
  roof.peak_gops = *peak;
  for (const ceilings::Capacity& capacity : ceilings.capacities) {
    if (capacity.threads != threads) continue;
    const auto gbs = ceilings::bandwidth_gbs(ceilings, capacity.level, threads, mixed_patterns());
    if (gbs) roof.levels.push_back({capacity.level, capacity.bytes, *gbs});
  }
  if (const auto gbs = ceilings::bandwidth_gbs(ceilings, "memory", threads, mixed_patterns())) {
    roof.levels.push_back({"memory", std::numeric_limits<int64_t>::max(), *gbs});
  }
  roof.most_memory_gbs = ceilings::bandwidth_gbs(ceilings, "memory", threads).value_or(0);
  roof.last_level_bytes = ceilings::capacity_bytes(ceilings, "", threads).value_or(0);
  if (threads > 1 && !ceilings.latencies.empty()) roof.core_to_core_ns = ceilings.latencies.front().median_ns;
  return roof;
}

const Roof::Level* level_for(const Roof& roof, int64_t working_set_bytes) {
  for (const Roof::Level& level : roof.levels) {
    if (working_set_bytes <= level.bytes) return &level;
  }
  return roof.levels.empty() ? nullptr : &roof.levels.back();
}

std::optional<Placement> place(double time_ns, const std::vector<Piece>& pieces, const Roof& roof) {
  Placement placed;
  int64_t flops = 0;
  std::map<std::string, std::pair<double, double>> parts;  // ceiling -> (time, rate)
  for (const Piece& piece : pieces) {
    flops += piece.flops;
    placed.bytes += piece.bytes;
    const double arithmetic_ns = static_cast<double>(piece.flops) / roof.peak_gops;
    const Roof::Level* const level = level_for(roof, piece.working_set_bytes);
    const double bytes_ns = level == nullptr ? 0 : static_cast<double>(piece.bytes) / level->gbs;
    const bool computes = arithmetic_ns >= bytes_ns;
    auto& [time, rate] = parts[computes ? roof.type + " arithmetic" : level->name + " bandwidth"];
    time += std::max(arithmetic_ns, bytes_ns);
    rate = computes ? roof.peak_gops : level->gbs;
    placed.attainable_ns += std::max(arithmetic_ns, bytes_ns);
  }
  if (placed.attainable_ns <= 0 || time_ns <= 0) return std::nullopt;
  const auto largest = std::max_element(parts.begin(), parts.end(), [](const auto& a, const auto& b) { return a.second.first < b.second.first; });
  placed.ceiling = largest->first;
  placed.ceiling_rate = largest->second.second;
  placed.gbs = static_cast<double>(placed.bytes) / time_ns;
  if (placed.bytes > 0) placed.intensity = static_cast<double>(flops) / static_cast<double>(placed.bytes);
  placed.fraction = placed.attainable_ns / time_ns;
  return placed;
}

Roofline roofline(double step_ns, const std::vector<Piece>& compulsory, const std::vector<Piece>& implementation, const std::vector<TimedOperation>& operations,
                  double profiled_ns, const Roof& roof) {
  Roofline lines;
  lines.step = point_of("step", "", step_ns, 1, compulsory, implementation, roof);
  std::map<std::pair<std::string, std::string>, double> times;
  for (const TimedOperation& timed : operations) times[{timed.operation, timed.phase}] += timed.time_ns;
  double together_ns = 0;
  for (const auto& [kind, time_ns] : times) {
    if (time_ns <= 0 || profiled_ns <= 0) continue;
    const auto& [operation, phase] = kind;
    lines.operations.push_back(
        point_of(operation, phase, time_ns, time_ns / profiled_ns, of_kind(compulsory, operation, phase), of_kind(implementation, operation, phase), roof));
    together_ns += time_ns;
  }
  std::stable_sort(lines.operations.begin(), lines.operations.end(), [](const Point& a, const Point& b) { return a.time_ns > b.time_ns; });
  if (!lines.operations.empty()) lines.rest_share = std::max(0.0, 1 - together_ns / profiled_ns);
  return lines;
}

}  // namespace trainmark::analysis
