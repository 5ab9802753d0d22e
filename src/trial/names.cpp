// Names of the kinds that records hold, as the store and reports write them.
#include "core/check.hpp"
#include "trial/records.hpp"

namespace trainmark::trial {

std::string_view block_kind_name(BlockKind kind) {
  switch (kind) {
    case BlockKind::kWarmUp:
      return "warm_up";
    case BlockKind::kRewarm:
      return "rewarm";
    case BlockKind::kTimed:
      return "timed";
  }
  CHECK(false, "unknown kind of block");
}

std::string_view outcome_name(OutcomeKind kind) {
  switch (kind) {
    case OutcomeKind::kFinished:
      return "finished";
    case OutcomeKind::kCrashed:
      return "crashed";
    case OutcomeKind::kOutOfMemory:
      return "out_of_memory";
    case OutcomeKind::kTimedOut:
      return "timed_out";
    case OutcomeKind::kUnsupported:
      return "unsupported";
    case OutcomeKind::kFailed:
      return "failed";
    case OutcomeKind::kProtocol:
      return "protocol";
    case OutcomeKind::kInterrupted:
      return "interrupted";
    case OutcomeKind::kAbandoned:
      return "abandoned";
  }
  CHECK(false, "unknown kind of outcome");
}

bool runs_again(OutcomeKind kind) { return kind == OutcomeKind::kInterrupted || kind == OutcomeKind::kAbandoned; }

}  // namespace trainmark::trial
