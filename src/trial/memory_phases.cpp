#include "trial/memory_phases.hpp"

#include <algorithm>

#include "core/check.hpp"
#include "core/json_null.hpp"

namespace trainmark::trial {
std::string_view phase_name(MemoryPhase phase) {
  switch (phase) {
    case MemoryPhase::kStart:
      return "start";
    case MemoryPhase::kCompile:
      return "compile";
    case MemoryPhase::kWarmUp:
      return "warm_up";
    case MemoryPhase::kTrain:
      return "train";
    case MemoryPhase::kEvaluate:
      return "evaluate";
  }
  CHECK(false, "unknown phase of memory");
}

void end_phase(MemoryPhases& memory, MemoryPhase phase, std::span<const pid_t> processes) {
  PhaseMemory& own = memory.phases[static_cast<size_t>(phase)];
  const MemoryReading now = read_memory(processes);
  if (now.peak_rss_bytes > 0) {
    own.at_end = now;
    if (memory.resets || now.peak_rss_bytes > memory.highest_peak_rss_bytes) {
      own.peak_rss_bytes = std::max(own.peak_rss_bytes.value_or(0), now.peak_rss_bytes);
    }
    if (!own.pss_bytes) own.pss_bytes = read_pss(processes);
    memory.highest_peak_rss_bytes = std::max(memory.highest_peak_rss_bytes, now.peak_rss_bytes);
  }
  skip_phase(memory, processes);
}

void skip_phase(MemoryPhases& memory, std::span<const pid_t> processes) { memory.resets = reset_peak_memory(processes) && memory.resets; }

core::Json to_json(const MemoryPhases& memory) {
  core::Json phases = core::Json::object();
  for (int i = 0; i < kMemoryPhases; ++i) {
    const PhaseMemory& phase = memory.phases[static_cast<size_t>(i)];
    if (phase.at_end.peak_rss_bytes == 0) continue;
    phases[std::string(phase_name(static_cast<MemoryPhase>(i)))] = {{"peak_rss_bytes", core::or_null(phase.peak_rss_bytes)},
                                                                    {"rss_anon_bytes", phase.at_end.rss_anon_bytes},
                                                                    {"rss_file_bytes", phase.at_end.rss_file_bytes},
                                                                    {"pss_bytes", core::or_null(phase.pss_bytes)}};
  }
  return phases;
}

}  // namespace trainmark::trial
