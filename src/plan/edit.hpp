// How passes add to a plan.
#pragma once

#include <utility>

#include "network/shapes.hpp"
#include "plan/plan.hpp"

namespace trainmark::plan {

inline int add_tensor(Plan& plan, Tensor tensor) {
  plan.tensors.push_back(std::move(tensor));
  return static_cast<int>(plan.tensors.size()) - 1;
}

inline int add_op(Plan& plan, Op op) {
  plan.ops.push_back(std::move(op));
  return static_cast<int>(plan.ops.size()) - 1;
}

/// The tensor that owns the bytes of `tensor`: itself, or what it is another shape of.
inline int root_of(const Plan& plan, int tensor) {
  const int owner = plan.tensors[static_cast<size_t>(tensor)].alias_of;
  return owner < 0 ? tensor : owner;
}

/// The output of a convolution with through_pool, which the pool reads.
inline Extents before_pool(const Extents& x, int64_t channels, const ConvAttributes& conv) {
  const network::Window& w = conv.window;
  return {x.n, channels, network::window_output(x.h, w.kernel_h, w.stride_h, w.pad_h, w.dilation_h),
          network::window_output(x.w, w.kernel_w, w.stride_w, w.pad_w, w.dilation_w)};
}

/// A second shape of the bytes of `tensor`.
inline int add_alias(Plan& plan, int tensor, std::string name, const Extents& shape) {
  Tensor alias = plan.tensors[static_cast<size_t>(tensor)];
  alias.name = std::move(name);
  alias.shape = shape;
  alias.alias_of = root_of(plan, tensor);
  return add_tensor(plan, std::move(alias));
}

}  // namespace trainmark::plan
