// Memory of a worker, phase by phase.
//
// The kernel keeps the largest size that a process ever had (VmHWM); it is read and set back at the end of each phase, so that each has
// a peak of its own. Where it cannot be set back (no CONFIG_PROC_PAGE_MONITOR, no permission), later phases have a peak only when it is
// above all before. Sizes at the end of a phase are those of its last occurrence; PSS, which shares common pages out fairly, costs
// milliseconds in large processes and is read once a phase.
#pragma once

#include <sys/types.h>

#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "core/json.hpp"
#include "trial/memory_reading.hpp"

namespace trainmark::trial {

/// kStart: to the answer to hello. kCompile: prepare, that is building, compiling and taking the samples in. kTrain: counted steps.
enum class MemoryPhase { kStart, kCompile, kWarmUp, kTrain, kEvaluate };
inline constexpr int kMemoryPhases = 5;
std::string_view phase_name(MemoryPhase phase);  ///< "start", "compile", "warm_up", "train", "evaluate"

struct PhaseMemory {
  std::optional<int64_t> peak_rss_bytes;  ///< VmHWM; none: the phase did not come, or the kernel's peak is an earlier phase's
  MemoryReading at_end;
  std::optional<int64_t> pss_bytes;
};

struct MemoryPhases {
  std::array<PhaseMemory, kMemoryPhases> phases;
  bool resets = true;                  ///< the kernel's peak could be set back so far
  int64_t highest_peak_rss_bytes = 0;  ///< over all phases
};

/// Reads what the phase took, which ends now, and begins the next. A phase may come several times: its largest peak counts.
void end_phase(MemoryPhases& memory, MemoryPhase phase, std::span<const pid_t> processes);

/// Forgets what passed since the last phase: for what is no phase, such as a dump for the proof.
void skip_phase(MemoryPhases& memory, std::span<const pid_t> processes);

/// {"start": {"peak_rss_bytes", "rss_anon_bytes", "rss_file_bytes", "pss_bytes"}, ...} of the phases that came.
core::Json to_json(const MemoryPhases& memory);

}  // namespace trainmark::trial
