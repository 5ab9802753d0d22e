// The words of failures on the wire, and what an Error of ours becomes there.
#pragma once

#include <optional>
#include <string_view>

#include "core/result.hpp"
#include "worker/client.hpp"

namespace trainmark::worker {

/// The kind that a worker names in an error answer: unsupported, failed or out_of_memory; nothing for other words.
std::optional<FailureKind> wire_failure_kind(std::string_view word);

/// kUnavailable becomes kUnsupported, everything else kFailed.
Failure to_failure(const core::Error& error);

}  // namespace trainmark::worker
