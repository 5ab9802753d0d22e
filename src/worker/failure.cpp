// One table serves both directions.
#include "worker/failure.hpp"

namespace trainmark::worker {

std::string_view failure_name(FailureKind kind) {
  switch (kind) {
    case FailureKind::kUnsupported:
      return "unsupported";
    case FailureKind::kFailed:
      return "failed";
    case FailureKind::kOutOfMemory:
      return "out_of_memory";
    case FailureKind::kCrashed:
      return "crashed";
    case FailureKind::kTimedOut:
      return "timed_out";
    case FailureKind::kProtocol:
      return "protocol";
    case FailureKind::kInterrupted:
      return "interrupted";
  }
  CHECK(false, "unknown failure kind");
}

std::optional<FailureKind> wire_failure_kind(std::string_view word) {
  for (const FailureKind kind : {FailureKind::kUnsupported, FailureKind::kFailed, FailureKind::kOutOfMemory}) {
    if (failure_name(kind) == word) return kind;
  }
  return std::nullopt;
}

Failure to_failure(const core::Error& error) {
  return {error.kind == core::ErrorKind::kUnavailable ? FailureKind::kUnsupported : FailureKind::kFailed, error.message};
}

}  // namespace trainmark::worker
