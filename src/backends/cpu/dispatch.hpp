// Fetching functions of one instruction set, for whoever has some beside the engine's kernels (src/ceilings). There is one list of
// instruction sets: that of targets.cpp.
#pragma once

#include <functional>
#include <string_view>

namespace trainmark::backends::cpu {

/// Calls `fetch`, in which HWY_DYNAMIC_DISPATCH chooses the instruction set of that name; "" is the best. False, and no call, where
/// this build or this machine does not have it. One thread at a time.
bool dispatch_as(std::string_view isa, const std::function<void()>& fetch);

}  // namespace trainmark::backends::cpu
