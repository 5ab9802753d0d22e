// The three larger parts of verify, a file each.
#pragma once

#include "core/result.hpp"
#include "plan/plan.hpp"

namespace trainmark::plan {

/// Every operation's operands fit its kind: verify_shapes.cpp.
core::Result<void> check_shapes(const Plan& plan);

/// Tasks cover exactly what their stage divides: verify_stages.cpp.
core::Result<void> check_stages(const Plan& plan);

/// Offsets are aligned and inside their storage, and no two live tensors share a byte: verify_storage.cpp.
core::Result<void> check_storage(const Plan& plan);

}  // namespace trainmark::plan
