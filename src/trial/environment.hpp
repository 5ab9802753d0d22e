// The machine, the system and the build that a run happened on, as JSON for its record.
//
// Everything is read, nothing guessed: what cannot be read is null. Readers take the folder that holds proc and sys, so that tests can
// show them any machine. Keys:
//   label            what the user calls the machine ("cloud, 4 vCPU"), or null
//   cpu {model, sockets, cores, threads, performance_cpus [..], efficiency_cpus [..], siblings [[..]], allowed [..], flags [..],
//        caches [{level, type, bytes, shared_by}], microcode, governor, governors [..], turbo}
//   memory {total_bytes, available_bytes, swap_bytes, swap_used_bytes}
//   system {kernel, architecture, distribution, host, virtualisation, translation, container, limits {cpus, memory_bytes},
//           load_1_minute, running}
//   gpus [{index, name, memory_bytes, power_limit_w}], gpu_driver, gpu_reason
//   build {version, git_commit, compiler, flags, type, libraries {..}}
//   time {wall_ns, utc}
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "instruments/nvml.hpp"

namespace trainmark::trial {

struct EnvironmentOptions {
  std::filesystem::path root = "/";  ///< holds proc, sys and etc
  std::vector<int> allowed_cpus;     ///< empty: those that this process may use
  std::string label;                 ///< "": none
  std::string nvml_library = instruments::Nvml::kLibrary;
};

/// Everything above.
core::Json environment(const EnvironmentOptions& options = {});

core::Json describe_cpu(const EnvironmentOptions& options = {});
core::Json describe_memory(const EnvironmentOptions& options = {});
core::Json describe_system(const EnvironmentOptions& options = {});
core::Json describe_build();

/// Adds gpus, gpu_driver and gpu_reason (why there is none).
void describe_gpus(core::Json& environment, const std::string& nvml_library);

}  // namespace trainmark::trial
