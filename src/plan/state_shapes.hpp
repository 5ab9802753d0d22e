// Shapes of the state as files hold it; engines keep tensors as (n, c, h, w) in layouts of their own.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "plan/plan.hpp"

namespace trainmark::plan {

/// Shapes of the kState tensors of a plan, derived ones left out, in PyTorch's form: dense weights (o, i), convolution
/// weights (o, i / groups, kh, kw), layer-norm of images (c, h, w), everything else (c).
std::map<std::string, std::vector<int64_t>> state_shapes(const Plan& plan);

}  // namespace trainmark::plan
