#include "proof/compare.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace trainmark::proof {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
// Deviations of the sum of dithered differences that are allowed for, in standard deviations.
constexpr double kDeviations = 6;
// Statistics of batch-norm have no calibrated model of their own yet: this many roundoffs of their magnitude.
constexpr double kPlainFactor = 64;

double sum_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += std::abs(v);
  return sum;
}

// Tolerances of a parameter's new momentum and new value; formulas in docs/proof.md.
struct UpdateModel {
  GradientModel momentum, parameter;
};

UpdateModel update_model(const plan::Optimiser& optimiser, const std::vector<double>& w, const std::vector<double>& m, const std::vector<double>& gradient,
                         const GradientModel& model, double roundoff) {
  const double rate = optimiser.learning_rate, mu = optimiser.momentum, decay = optimiser.weight_decay;
  UpdateModel result;
  for (GradientModel* part : {&result.momentum, &result.parameter}) {
    part->mean.resize(w.size());
    part->peak.resize(w.size());
  }
  for (size_t i = 0; i < w.size(); ++i) {
    const double decayed = std::abs(decay * w[i]), kept = std::abs(mu * m[i]), g = std::abs(gradient[i]) + decayed;
    const double next = kept + g, step = optimiser.nesterov ? g + mu * next : next;
    // Each constant rounded to the type, each operation rounded once.
    const double momentum_rounding = roundoff * ((decay != 0 ? 2 * decayed + g : 0) + (mu != 0 ? 2 * kept + next : 0));
    const double gain = optimiser.nesterov ? 1 + mu : 1;
    const double step_rounding = rate * (gain * momentum_rounding + roundoff * (optimiser.nesterov ? 5 : 3) * step);
    result.momentum.mean[i] = model.mean[i] + momentum_rounding;
    result.momentum.peak[i] = model.peak[i] + momentum_rounding;
    result.parameter.mean[i] = rate * gain * model.mean[i] + step_rounding;
    result.parameter.peak[i] = rate * gain * model.peak[i] + step_rounding;
  }
  return result;
}

// How much the sum of differences moves per relative error of the gradient. Updates below half the spacing of the stored
// values round away and would hide an error: they do not count.
double parameter_response(const plan::Optimiser& optimiser, const std::vector<double>& w, const std::vector<double>& expected,
                          const std::vector<double>& gradient, const Precision& precision) {
  double sum = 0;
  for (size_t i = 0; i < w.size(); ++i) {
    if (std::abs(expected[i] - w[i]) >= precision.spacing(w[i]) / 2) sum += optimiser.learning_rate * std::abs(gradient[i]);
  }
  return sum;
}

// The tensor of the worker, when it is there in the right shape.
const core::TensorValues* find_like(const core::TensorMap& got, const std::string& name, const core::TensorValues& expected) {
  const auto found = got.find(name);
  return found != got.end() && found->second.size() == expected.size() ? &found->second : nullptr;
}

void add(StateComparison& comparison, const core::TensorMap& got, const std::string& name, const core::TensorValues& expected, const GradientModel& tolerance,
         const Precision& precision, const std::string& parameter, double response) {
  const core::TensorValues* values = find_like(got, name, expected);
  if (values == nullptr) {
    comparison.missing.push_back(name);
    return;
  }
  TensorDeviation deviation = compare_values(name, values->as_double(), expected.as_double(), tolerance, precision);
  if (response > 0) {
    double& fault = comparison.smallest_fault.try_emplace(parameter, kInfinity).first->second;
    fault = std::min(fault, deviation.tolerance / response);
  }
  comparison.tensors.push_back(std::move(deviation));
}

void sort_worst_first(StateComparison& comparison) {
  std::stable_sort(comparison.tensors.begin(), comparison.tensors.end(), [](const TensorDeviation& a, const TensorDeviation& b) { return a.ratio > b.ratio; });
}

}  // namespace

TensorDeviation compare_values(const std::string& name, const std::vector<double>& got, const std::vector<double>& expected, const GradientModel& tolerance,
                               const Precision& precision) {
  TensorDeviation result;
  result.name = name;
  double tolerances = 0, variance = 0, widest = 0;
  for (size_t i = 0; i < got.size(); ++i) {
    const double rounded = precision.store(expected[i]), spacing = precision.spacing(rounded);
    const double difference = std::isfinite(got[i]) ? std::abs(got[i] - rounded) : kInfinity;
    const double peak = difference / (tolerance.peak[i] + 4 * spacing);
    if (peak > result.peak_ratio) {
      result.peak_ratio = peak;
      result.worst = static_cast<int64_t>(i);
    }
    result.difference += difference;
    tolerances += tolerance.mean[i];
    variance += tolerance.mean[i] * spacing;
    widest = std::max(widest, spacing);
  }
  result.tolerance = tolerances + kDeviations * std::sqrt(variance) + 2 * widest;
  result.mean_ratio = result.difference > 0 ? result.difference / result.tolerance : 0;
  result.ratio = std::max(result.mean_ratio, result.peak_ratio);
  if (!got.empty()) {
    result.got = got[static_cast<size_t>(result.worst)];
    result.expected = expected[static_cast<size_t>(result.worst)];
  }
  return result;
}

std::vector<double> values_or_zero(const core::TensorMap& state, const std::string& name, size_t size) {
  const auto found = state.find(name);
  return found == state.end() ? std::vector<double>(size, 0.0) : found->second.as_double();
}

StateComparison compare_state(const plan::Optimiser& optimiser, const core::TensorMap& before, const core::TensorMap& got, const CheckedStep& exact,
                              const StepModel& model) {
  StateComparison comparison;
  for (const auto& [name, expected] : exact.state_after) {
    if (name.ends_with(".momentum") || name == "step") continue;
    const auto gradient_of = exact.gradients.find(name);
    if (gradient_of == exact.gradients.end()) {  // a statistic
      GradientModel plain;
      plain.mean = exact.state_magnitudes.at(name).as_double();
      for (double& value : plain.mean) value *= kPlainFactor * model.precision.roundoff;
      plain.peak = plain.mean;
      add(comparison, got, name, expected, plain, model.precision, name, 0);
      continue;
    }
    const std::vector<double> gradient = gradient_of->second.as_double(), w = before.at(name).as_double();
    const std::string momentum = name + ".momentum";
    const std::vector<double> m = values_or_zero(before, momentum, w.size());
    const UpdateModel update = update_model(optimiser, w, m, gradient, model.gradients.at(name), model.precision.roundoff);
    const double response = parameter_response(optimiser, w, expected.as_double(), gradient, model.precision);
    add(comparison, got, name, expected, update.parameter, model.precision, name, response);
    const auto expected_momentum = exact.state_after.find(momentum);
    if (expected_momentum == exact.state_after.end()) continue;
    add(comparison, got, momentum, expected_momentum->second, update.momentum, model.precision, name, sum_of(gradient));
  }
  sort_worst_first(comparison);
  return comparison;
}

StateComparison compare_gradients(const core::TensorMap& got, const CheckedStep& exact, const StepModel& model) {
  StateComparison comparison;
  for (const auto& [name, gradient] : exact.gradients) {
    add(comparison, got, name, gradient, model.gradients.at(name), model.precision, name, sum_of(gradient.as_double()));
  }
  sort_worst_first(comparison);
  return comparison;
}

}  // namespace trainmark::proof
