// How a worker ended, and what that means: exit code, signal, or the kernel's out-of-memory killer.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "worker/client.hpp"

namespace trainmark::trial {

struct ProcessEnd {
  int status = 0;                ///< as wait4 gives it
  bool known = false;            ///< false: the launcher died too, so status and usage are not known
  bool killed_by_us = false;     ///< by the supervisor: time-out, interrupt, end of the run
  bool memory_evidence = false;  ///< the kernel killed something for lack of memory while the worker lived
  int64_t max_rss_bytes = 0;     ///< ru_maxrss
  int64_t cpu_ns = 0;
};

/// A sentence that follows "the worker": "ended with exit code 3", "was killed by signal 11 (Segmentation fault)".
std::string describe(const ProcessEnd& end);

/// kOutOfMemory when it was killed by SIGKILL, not by us, and the kernel's counters say that memory ran out; kCrashed otherwise.
worker::FailureKind classify(const ProcessEnd& end);

/// Kills for lack of memory so far that this process can see: its control groups' and the machine's counters, added up.
int64_t out_of_memory_kills();

/// The last `lines` lines of a text file, at most 4096 bytes; control characters but newlines are replaced by '?'.
std::string tail_of(const std::filesystem::path& path, int lines);

}  // namespace trainmark::trial
