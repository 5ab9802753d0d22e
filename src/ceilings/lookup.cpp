// Looking ceilings up, and putting two measurements together.
#include <algorithm>

#include "ceilings/ceilings.hpp"

namespace trainmark::ceilings {
namespace {

bool same(const Peak& a, const Peak& b) { return a.isa == b.isa && a.type == b.type && a.instruction == b.instruction && a.threads == b.threads; }
bool same(const Bandwidth& a, const Bandwidth& b) {
  return a.level == b.level && a.pattern == b.pattern && a.threads == b.threads && (!a.level.empty() || a.bytes_per_thread == b.bytes_per_thread);
}
bool same(const Latency& a, const Latency& b) { return a.first_cpu == b.first_cpu && a.second_cpu == b.second_cpu; }
bool same(const Capacity& a, const Capacity& b) { return a.level == b.level && a.threads == b.threads; }

bool better(const Peak& a, const Peak& b) { return a.gops > b.gops; }
bool better(const Bandwidth& a, const Bandwidth& b) { return a.gbs > b.gbs; }
bool better(const Latency& a, const Latency& b) { return a.ns < b.ns; }
bool better(const Capacity&, const Capacity&) { return false; }

template <class T>
void merge(std::vector<T>& into, const std::vector<T>& from) {
  for (const T& value : from) {
    const auto known = std::find_if(into.begin(), into.end(), [&](const T& v) { return same(v, value); });
    if (known == into.end()) into.push_back(value);
    else if (better(value, *known)) *known = value;
  }
}

}  // namespace

std::optional<double> peak_gops(const Ceilings& ceilings, std::string_view type, int threads) {
  std::optional<double> best;
  for (const Peak& p : ceilings.peaks) {
    if (p.type == type && p.threads == threads) best = std::max(best.value_or(0), p.gops);
  }
  return best;
}

std::optional<double> bandwidth_gbs(const Ceilings& ceilings, std::string_view level, int threads, const std::vector<std::string>& patterns) {
  std::optional<double> best;
  for (const Bandwidth& b : ceilings.levels) {
    const bool asked = patterns.empty() || std::find(patterns.begin(), patterns.end(), b.pattern) != patterns.end();
    if (b.level == level && b.threads == threads && asked) best = std::max(best.value_or(0), b.gbs);
  }
  return best;
}

std::optional<int64_t> capacity_bytes(const Ceilings& ceilings, std::string_view level, int threads) {
  std::optional<int64_t> found;
  for (const Capacity& c : ceilings.capacities) {
    if (c.threads == threads && (level.empty() || c.level == level)) found = c.bytes;  // the last one is the highest
  }
  return found;
}

Ceilings best_of(Ceilings a, const Ceilings& b) {
  merge(a.peaks, b.peaks);
  merge(a.levels, b.levels);
  merge(a.sweep, b.sweep);
  merge(a.latencies, b.latencies);
  merge(a.capacities, b.capacities);
  return a;
}

}  // namespace trainmark::ceilings
