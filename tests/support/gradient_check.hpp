// Gradients against central differences of the loss, in double, through the reference.
//
// At a kink (a ReLU's sign, a pool's winner) the difference quotient is not the derivative: where the two evaluations
// decided anything differently, the parameter is left out and counted.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "backends/reference/checked_step.hpp"
#include "core/philox.hpp"
#include "plan/passes.hpp"
#include "support/random_samples.hpp"
#include "support/random_state.hpp"

namespace trainmark::tests {

struct GradientCheck {
  double worst = 0;          ///< largest |analytic - numeric| / max |tensor|, see gradient_scale
  std::string worst_tensor;  ///< where
  int64_t checked = 0;       ///< values compared
  int64_t crossings = 0;     ///< values left out because a decision changed
};

/// Positions to check in a tensor of `size` values: all, or `at_most` drawn without order.
inline std::vector<size_t> sample_positions(size_t size, size_t at_most, uint64_t seed) {
  std::vector<size_t> positions;
  core::Philox random(seed, 0x6C);
  for (size_t i = 0; i < std::min(size, at_most); ++i) positions.push_back(size <= at_most ? i : random.below(static_cast<uint32_t>(size)));
  return positions;
}

inline double largest_absolute(const core::TensorValues& tensor) {
  double largest = 0;
  for (const double value : doubles(tensor)) largest = std::max(largest, std::abs(value));
  return largest;
}

/// What errors of a gradient are measured against: its largest absolute value, or that of all gradients where this one
/// is zero but for rounding (a bias before a batch-norm), so that there is nothing to divide by.
inline double gradient_scale(const backends::reference::CheckedStep& step, const std::string& name) {
  const double largest = largest_absolute(step.gradients.at(name));
  if (largest > 1e-12 * largest_absolute(step.magnitudes.at(name))) return largest;
  double of_all = largest;
  for (const auto& [other, gradient] : step.gradients) of_all = std::max(of_all, largest_absolute(gradient));
  return of_all;
}

/// Checks up to `at_most` values of every learned tensor of `network` on `batch` random images.
inline GradientCheck check_gradients(const network::Network& network, int64_t batch, size_t at_most, uint64_t seed, const plan::Training& training = {}) {
  namespace reference = backends::reference;
  const plan::Plan plan = plan::training_plan(network, batch, training);
  const RandomSamples samples(network.input, batch, network.classes, seed);
  const data::SamplesView view = samples.view();
  const backends::StepInput input = step_input(samples, view);
  core::TensorMap state = random_state(network, seed);
  reference::CheckedStepOptions options;
  const reference::CheckedStep whole = reference::checked_step(plan, state, input, options).value();
  options.magnitudes = false;
  options.forward_only = true;

  GradientCheck result;
  constexpr double kStep = 1e-5;
  for (const auto& [name, gradient] : whole.gradients) {
    const std::vector<double>& analytic = doubles(gradient);
    const double scale = gradient_scale(whole, name);
    for (const size_t i : sample_positions(analytic.size(), at_most, seed)) {
      double& value = doubles(state[name])[i];
      const double kept = value;
      value = kept + kStep;
      const auto above = reference::checked_step(plan, state, input, options).value();
      value = kept - kStep;
      const auto below = reference::checked_step(plan, state, input, options).value();
      value = kept;
      ++result.checked;
      if (above.decisions_hash != below.decisions_hash) {
        ++result.crossings;
        continue;
      }
      const double numeric = (above.loss - below.loss) / (2 * kStep);
      const double error = std::abs(analytic[i] - numeric) / scale;
      if (error > result.worst || std::isnan(error)) {
        result.worst = error;
        result.worst_tensor = name;
      }
    }
  }
  return result;
}

}  // namespace trainmark::tests
