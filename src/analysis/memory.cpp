#include "analysis/memory.hpp"

#include <algorithm>
#include <map>

#include "analysis/comparison.hpp"
#include "analysis/stored.hpp"

namespace trainmark::analysis {
namespace {

using core::Json;

constexpr double kMostBytes = 9e18;

void take_larger(std::optional<int64_t>& known, const std::optional<int64_t>& value) {
  if (value) known = std::max(known.value_or(0), *value);
}

void add_phases(std::map<std::string, PhaseFigures>& phases, const store::TrialData& t) {
  for (const trial::ReadingRecord& r : t.readings) {
    if (r.kind != trial::kMemoryReading) continue;
    const Json& stored = member_in(r.figures, "phases");
    for (const char* name : kMemoryPhases) {
      const Json& phase = member_in(stored, name);
      if (!phase.is_object()) continue;
      PhaseFigures& figures = phases[name];
      take_larger(figures.peak_rss_bytes, integer_in(phase, "peak_rss_bytes"));
      take_larger(figures.rss_anon_bytes, integer_in(phase, "rss_anon_bytes"));
      take_larger(figures.rss_file_bytes, integer_in(phase, "rss_file_bytes"));
      take_larger(figures.pss_bytes, integer_in(phase, "pss_bytes"));
    }
  }
}

void add_blocks(MemoryFigures& memory, const store::TrialData& t) {
  double anon = 0, file = 0, blocks = 0;  // a store from outside may hold any integers
  int64_t peak_file = 0;
  for (const trial::BlockRecord& b : t.blocks) {
    if (b.kind != trial::BlockKind::kTimed || b.rss_anon_bytes <= 0) continue;
    anon += static_cast<double>(b.rss_anon_bytes);
    file += static_cast<double>(b.rss_file_bytes);
    peak_file = std::max(peak_file, b.rss_file_bytes);
    ++blocks;
  }
  if (blocks == 0) return;
  take_larger(memory.mean_rss_anon_bytes, static_cast<int64_t>(std::min(kMostBytes, anon / blocks)));
  take_larger(memory.mean_rss_file_bytes, static_cast<int64_t>(std::min(kMostBytes, file / blocks)));
  take_larger(memory.peak_rss_file_bytes, peak_file);
}

/// The peak while it trained; of a trial whose phases were not recorded, that of its whole life.
std::optional<int64_t> host_total(const PlatformResult& platform) {
  const PhaseFigures* train = phase_of(platform, "train");
  return train != nullptr && train->peak_rss_bytes ? train->peak_rss_bytes : platform.peak_rss_bytes;
}

}  // namespace

std::optional<int64_t> component_bytes(const PlatformResult& platform, const std::string& name) {
  const auto found = platform.memory_bytes.find(name);
  return found == platform.memory_bytes.end() ? std::nullopt : std::optional(found->second);
}

const PhaseFigures* phase_of(const PlatformResult& platform, const std::string& name) {
  for (const auto& [phase, figures] : platform.memory.phases) {
    if (phase == name) return &figures;
  }
  return nullptr;
}

std::optional<int64_t> largest_pss(const PlatformResult& platform) {
  std::optional<int64_t> pss;
  for (const auto& [phase, figures] : platform.memory.phases) take_larger(pss, figures.pss_bytes);
  return pss;
}

void set_memory(PlatformResult& platform, const std::vector<const store::TrialData*>& trials) {
  MemoryFigures& memory = platform.memory;
  std::map<std::string, PhaseFigures> phases;
  for (const store::TrialData* t : trials) {
    add_phases(phases, *t);
    add_blocks(memory, *t);
    if (t->preparation && t->preparation->input_bytes > 0) take_larger(memory.samples_bytes, t->preparation->input_bytes);
  }
  for (const char* name : kMemoryPhases) {
    if (const auto found = phases.find(name); found != phases.end()) memory.phases.emplace_back(name, found->second);
  }
  const auto by_driver = component_bytes(platform, "device_process");
  const auto on_device = by_driver ? by_driver : component_bytes(platform, "device_peak");
  memory.on_device = on_device.has_value();
  memory.total_bytes = memory.on_device ? on_device : host_total(platform);
  double known = 0;
  bool any = false;
  for (const char* name : kMemoryComponents) {
    const auto bytes = component_bytes(platform, name);
    known += static_cast<double>(bytes.value_or(0));
    any = any || bytes;
  }
  known += static_cast<double>(memory.samples_bytes.value_or(0));
  const double rest = static_cast<double>(memory.total_bytes.value_or(0)) - known;
  if (any && memory.total_bytes && rest >= 0) memory.overhead_bytes = static_cast<int64_t>(rest);
}

}  // namespace trainmark::analysis
