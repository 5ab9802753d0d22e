// Memory of platforms: by phase of a trial, over blocks, and by component as study cpu-vs-cuda had it.
//
// Components are what a worker tells of its own tensors, with the samples that it holds; framework overhead is the rest of the process:
// interpreter, libraries, compiled code, allocators' reserves. Where a platform is on a device, its components lie there, and the rest is
// that of the device's memory. Nothing is negative: where the components exceed the whole, one of both is not what it says, and the
// overhead is unknown.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "store/run_data.hpp"

namespace trainmark::analysis {

/// Phases of a trial, in their order.
inline constexpr std::array kMemoryPhases = {"start", "compile", "warm_up", "train", "evaluate"};

/// What a worker tells of its own tensors.
inline constexpr std::array kMemoryComponents = {"parameters", "optimiser_state", "input", "activations", "gradients", "workspace"};

/// What the framework's allocator and the driver say of a device: sums of components and more, so no part of a sum themselves.
inline constexpr std::array kDeviceMemory = {"device_peak", "allocator", "device_process"};

/// Of one phase; the largest over trials.
struct PhaseFigures {
  std::optional<int64_t> peak_rss_bytes;                  ///< VmHWM since the phase before
  std::optional<int64_t> rss_anon_bytes, rss_file_bytes;  ///< at its end
  std::optional<int64_t> pss_bytes;
};

struct MemoryFigures {
  std::vector<std::pair<std::string, PhaseFigures>> phases;  ///< of kMemoryPhases those that came
  // Over timed blocks, at their ends: means over blocks, then the largest over trials.
  std::optional<int64_t> mean_rss_anon_bytes, mean_rss_file_bytes, peak_rss_file_bytes;
  std::optional<int64_t> samples_bytes;   ///< images and labels that the worker holds or maps
  bool on_device = false;                 ///< components are those of the device
  std::optional<int64_t> total_bytes;     ///< peak of the process while it trained, or memory of the device
  std::optional<int64_t> overhead_bytes;  ///< total less all components
};

struct PlatformResult;

/// Bytes of one of kMemoryComponents or kDeviceMemory, where the worker told of it.
std::optional<int64_t> component_bytes(const PlatformResult& platform, const std::string& name);

/// Null when the phase did not come, or was not recorded.
const PhaseFigures* phase_of(const PlatformResult& platform, const std::string& name);

/// The largest proportional share (PSS) over the phases, in bytes.
std::optional<int64_t> largest_pss(const PlatformResult& platform);

/// After outcomes were read: needs memory_bytes by component and the peaks.
void set_memory(PlatformResult& platform, const std::vector<const store::TrialData*>& trials);

}  // namespace trainmark::analysis
