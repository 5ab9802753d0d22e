// Which kernel runs an operation: an ordered list of implementations per kind; the first that accepts wins.
#pragma once

#include "backends/cpu/kernels.hpp"
#include "core/result.hpp"

namespace trainmark::backends::cpu {

/// Sets `run` and `kernel` of an operation whose operands are bound. Error: nothing runs it.
core::Result<void> select_kernel(const Kernels& kernels, BoundOp& op);

/// Bytes of workspace that the chosen kernel needs per thread, for that many images at a time.
int64_t workspace_bytes(const BoundOp& op, int64_t images);

}  // namespace trainmark::backends::cpu
