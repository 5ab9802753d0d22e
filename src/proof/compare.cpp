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
// A gradient below this part of its absolute terms is exactly zero (a bias before a normalisation): what double precision
// leaves of it is rounding, and a relative error of it means nothing.
constexpr double kZero = 0x1p-40;

double sum_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += std::abs(v);
  return sum;
}

// How much the sum of differences moves per relative error of the gradient. Updates below half the spacing of the stored
// values round away and would hide an error: they do not count.
// Adaptive steps hardly depend on the size of a gradient: there the state tells.
double parameter_response(const plan::Optimiser& optimiser, const std::vector<double>& w, const std::vector<double>& expected,
                          const std::vector<double>& gradient, const Precision& precision) {
  if (optimiser.kind != plan::Optimiser::Kind::kSgd) return 0;
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

StateComparison compare_state(const StepRule& rule, const core::TensorMap& before, const core::TensorMap& got, const CheckedStep& exact,
                              const StepModel& model) {
  StateComparison comparison;
  for (const auto& [name, expected] : exact.state_after) {
    if (plan::is_optimiser_state(name) || name == "step") continue;
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
    std::map<std::string, std::vector<double>> state;
    for (const std::string& suffix : plan::state_suffixes(rule.optimiser)) state[suffix] = values_or_zero(before, name + "." + suffix, w.size());
    const UpdateModel update = update_model(rule, {w, state, gradient, model.gradients.at(name), model.precision.roundoff});
    const bool zero = sum_of(gradient) <= kZero * sum_of(exact.magnitudes.at(name).as_double());
    const double response = zero ? 0 : parameter_response(rule.optimiser, w, expected.as_double(), gradient, model.precision);
    add(comparison, got, name, expected, update.parameter, model.precision, name, response);
    for (const auto& [suffix, tolerance] : update.state) {
      const auto told = update.state_response.find(suffix);
      add(comparison, got, name + "." + suffix, exact.state_after.at(name + "." + suffix), tolerance, model.precision, name,
          zero || told == update.state_response.end() ? 0 : told->second);
    }
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
