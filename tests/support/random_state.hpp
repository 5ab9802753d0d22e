// Random states for tests, in double: no parameter keeps a special value such as the zeros of biases or the ones of
// batch-norm, under which a fault could hide.
#pragma once

#include <cmath>
#include <utility>
#include <vector>

#include "core/philox.hpp"
#include "core/tensor_file.hpp"
#include "network/parameters.hpp"

namespace trainmark::tests {

/// Parameters and statistics of `network` as F64: weights about sqrt(2 / fan_in), biases about 0.2, batch-norm weights
/// and variances in [0.5, 1.5].
inline core::TensorMap random_state(const network::Network& network, uint64_t seed) {
  core::TensorMap state;
  uint64_t stream = 0;
  for (const network::Parameter& p : network::parameters(network)) {
    core::Philox random(seed, ++stream);
    const bool positive = p.name.ends_with(".running_var") || (p.name.ends_with(".weight") && p.shape.size() == 1);
    const double scale = p.name.ends_with(".weight") ? std::sqrt(2.0 / static_cast<double>(p.fan_in)) : 0.2;
    std::vector<double> values(static_cast<size_t>(p.size()));
    for (double& value : values) value = positive ? 0.5 + random.uniform() : scale * random.normal();
    state[p.name] = {p.shape, std::move(values)};
  }
  return state;
}

/// The values of a tensor that is known to be F64.
inline std::vector<double>& doubles(core::TensorValues& tensor) { return std::get<std::vector<double>>(tensor.values); }
inline const std::vector<double>& doubles(const core::TensorValues& tensor) { return std::get<std::vector<double>>(tensor.values); }

}  // namespace trainmark::tests
