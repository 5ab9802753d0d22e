// `trainmark worker --platform P`: a native engine behind the protocol of docs/protocol.md.
#pragma once

#include <memory>
#include <string>

#include "backends/backend.hpp"

namespace trainmark::worker {

/// Serves the platform on stdin and on what stdout was: from the start everything printed goes to stderr. Returns the
/// exit code when the supervisor says quit or closes its end. An unknown platform is said on stderr (2).
int run_native_worker(const std::string& platform, const std::string& isa);

/// The same for an engine that is not in the registry: tests wrap engines.
int run_native_worker(const backends::BackendInfo& info, const std::string& isa);

/// The loop itself, over any engine and any two descriptors: reads requests from `in`, answers on `out`.
int serve(const backends::BackendInfo& info, const std::string& isa, int in, int out);

}  // namespace trainmark::worker
