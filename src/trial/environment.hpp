// The machine, the system and the build that a run happened on, as JSON for its record.
//
// Everything is read, nothing guessed: what cannot be read is null. Keys:
//   cpu {model, sockets, cores, threads, allowed [..], flags [..], caches [{level, type, bytes, shared_by}], governor, microcode}
//   memory {total_bytes, available_bytes, swap_bytes}
//   system {kernel, architecture, distribution, host, virtualisation, container, limits {cpus, memory_bytes}, load_1_minute}
//   build {version, git_commit, compiler, flags, type, libraries {..}}
//   time {wall_ns, utc}
#pragma once

#include "core/json.hpp"

namespace trainmark::trial {

/// Everything above.
core::Json environment();

core::Json describe_cpu();
core::Json describe_memory();
core::Json describe_system();
core::Json describe_build();

}  // namespace trainmark::trial
