#include "proof/update_fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace trainmark::proof {
namespace {

// Residuals below this are a fit. Beside it stands what storing the weights adds to small updates; where that is most of the
// change, any mixture would fit, so none is believed.
constexpr double kFit = 1e-3;
constexpr double kMostRounding = 0.25;
constexpr double kRight = 1e-3;  // coefficients this close to their right value, relatively, are right

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// All learned tensors behind each other.
struct Columns {
  std::vector<double> gradient, momentum, weight;
  std::vector<double> change;         // of the worker's weights: w - w'
  std::vector<double> next_momentum;  // the worker's; empty without momentum
  double rounding = 0;                // square sum that rounding to the type of the weights is expected to add to `change`
};

Columns collect(const WrongStep& wrong) {
  Columns columns;
  const auto append = [](std::vector<double>& to, const std::vector<double>& from) { to.insert(to.end(), from.begin(), from.end()); };
  for (const auto& [name, gradient] : wrong.truth.exact.gradients) {
    const std::vector<double> before = wrong.before.at(name).as_double(), after = values_or_zero(wrong.after, name, before.size());
    append(columns.gradient, gradient.as_double());
    append(columns.weight, before);
    append(columns.momentum, values_or_zero(wrong.before, name + ".momentum", before.size()));
    for (size_t i = 0; i < before.size(); ++i) {
      const double spacing = wrong.truth.model.precision.spacing(after[i]);
      columns.change.push_back(before[i] - after[i]);
      columns.rounding += spacing * spacing / 12;  // variance of a value that is rounded to multiples of the spacing
    }
    if (const auto next = wrong.after.find(name + ".momentum"); next != wrong.after.end()) append(columns.next_momentum, next->second.as_double());
  }
  return columns;
}

bool fits_change(const Mixture& fit, const Columns& columns) {
  const double total = dot(columns.change, columns.change);
  return columns.rounding <= kMostRounding * total && fit.residual * total <= kFit * total + 2 * columns.rounding;
}

bool right(double value, double expected) { return std::abs(value - expected) <= kRight * std::abs(expected); }

std::string scaled_gradient(double ratio, size_t batch) {
  const double n = static_cast<double>(batch);
  const std::string text = fmt::format("all gradients are {:.6g} times the right ones", ratio);
  if (batch > 1 && std::abs(ratio / n - 1) < 0.01) return text + ": looks as if the loss was not divided by the batch";
  if (batch > 1 && std::abs(ratio * n - 1) < 0.01) return text + ": looks as if the loss was divided by the batch twice";
  return text;
}

std::string constant(const char* name, double seen, double asked) { return fmt::format("{} seems to be {:.4g} instead of {:.4g}", name, seen, asked); }

// From the new momentum m' = a g + b m + c w, which is free of the learning rate; right: 1, momentum, decay.
std::optional<std::string> explain_momentum(const plan::Optimiser& optimiser, const Columns& columns, size_t batch) {
  const Mixture fit = fit_mixture({columns.gradient, columns.momentum, columns.weight}, columns.next_momentum);
  if (fit.residual > kFit) return {};
  const bool has_momentum = dot(columns.momentum, columns.momentum) > 0;
  if (!right(fit.coefficients[0], 1)) return scaled_gradient(fit.coefficients[0], batch);
  if (has_momentum && !right(fit.coefficients[1], optimiser.momentum)) return constant("the momentum", fit.coefficients[1], optimiser.momentum);
  if (std::abs(fit.coefficients[2] - optimiser.weight_decay) > kRight * std::max(optimiser.weight_decay, 1e-4))
    return constant("the weight decay", fit.coefficients[2], optimiser.weight_decay);
  return {};
}

}  // namespace

Mixture fit_mixture(const std::vector<std::vector<double>>& basis, const std::vector<double>& target) {
  const size_t n = basis.size();
  Mixture mixture;
  mixture.coefficients.assign(n, 0.0);
  const double target_square = dot(target, target);
  if (target_square == 0) return mixture;
  // Gram-Schmidt: column k without its parts along the earlier ones.
  std::vector<std::vector<double>> q;
  std::vector<std::vector<double>> along(n, std::vector<double>(n, 0.0));
  std::vector<double> rest = target, weights(n, 0.0);
  for (size_t k = 0; k < n; ++k) {
    std::vector<double> column = basis[k];
    const double square = dot(column, column);
    for (size_t j = 0; j < k; ++j) {
      const double qq = dot(q[j], q[j]);
      along[j][k] = qq > 0 ? dot(q[j], column) / qq : 0;
      for (size_t i = 0; i < column.size(); ++i) column[i] -= along[j][k] * q[j][i];
    }
    const double left = dot(column, column);
    if (left <= 1e-12 * square) std::fill(column.begin(), column.end(), 0.0);
    weights[k] = left > 1e-12 * square ? dot(column, rest) / left : 0;
    for (size_t i = 0; i < column.size(); ++i) rest[i] -= weights[k] * column[i];
    q.push_back(std::move(column));
  }
  for (size_t k = n; k-- > 0;) {
    mixture.coefficients[k] = weights[k];
    for (size_t j = k + 1; j < n; ++j) mixture.coefficients[k] -= along[k][j] * mixture.coefficients[j];
  }
  mixture.residual = dot(rest, rest) / target_square;
  return mixture;
}

std::optional<std::string> explain_update(Oracle& oracle, const WrongStep& wrong) {
  const plan::Optimiser optimiser = optimiser_at(oracle, wrong.step);
  if (optimiser.kind != plan::Optimiser::Kind::kSgd) return explain_adaptive({optimiser, wrong.step}, wrong);
  const size_t batch = oracle.materials.batch(wrong.step).size();
  const Columns columns = collect(wrong);
  if (columns.next_momentum.size() == columns.gradient.size()) {
    if (auto words = explain_momentum(optimiser, columns, batch)) return words;
  }
  const double mu = optimiser.momentum, rate = optimiser.learning_rate, gain = optimiser.nesterov ? 1 + mu : 1;
  const Mixture fit = fit_mixture({columns.gradient, columns.momentum, columns.weight}, columns.change);
  if (!fits_change(fit, columns)) return {};
  const double a = fit.coefficients[0] / (rate * gain);
  const double decay = fit.coefficients[2] / (rate * gain);
  if (!right(a, 1)) {
    // With a momentum that is right, the gradient was right too.
    if (!columns.next_momentum.empty()) return constant("the learning rate", a * rate, rate);
    const double n = static_cast<double>(batch);
    if (batch > 1 && (std::abs(a / n - 1) < 0.01 || std::abs(a * n - 1) < 0.01)) return scaled_gradient(a, batch);
    return fmt::format("the update is {:.4g} times the right one: the learning rate seems to be {:.4g} instead of {:.4g}", a, a * rate, rate);
  }
  if (std::abs(decay - optimiser.weight_decay) > 2e-3 * std::max(optimiser.weight_decay, 1e-3))
    return constant("the weight decay", decay, optimiser.weight_decay);
  return {};
}

}  // namespace trainmark::proof
