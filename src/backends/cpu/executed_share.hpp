// Kernels that leave out multiplications by zero say what they execute.
#pragma once

#include "backends/cpu/bound_op.hpp"

namespace trainmark::backends::cpu {

/// Of a convolution joined with the 2x2 pool behind it, or one of its gradients: the part of the FLOPs counted by its shape. Forward,
/// rows and columns that the pool drops are not computed; by weights, each window has one product instead of four; by data, each of the
/// (k + 1)^2 pixels that a window touches has one, where k^2 taps of four outputs are counted.
double share_through_pool(const BoundOp& op);

}  // namespace trainmark::backends::cpu
