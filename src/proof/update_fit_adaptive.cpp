// Mistakes in adaptive updates, from the inside out: the averages that the worker holds after the step, then the step that
// it should have made of them.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "proof/update_fit.hpp"

namespace trainmark::proof {
namespace {

using plan::Optimiser;
using Sentence = std::optional<std::string>;

constexpr double kFit = 1e-3;    // residuals below this are a fit
constexpr double kRight = 1e-3;  // coefficients this close to their right value, relatively, are right
constexpr double kSharp = 1e-6;  // residual of a step whose form is right

std::string constant(const char* name, double seen, double asked) { return fmt::format("{} seems to be {:.4g} instead of {:.4g}", name, seen, asked); }

bool differs(double seen, double asked) { return std::abs(seen - asked) > kRight * std::max(std::abs(asked), 1e-3); }

// All learned tensors behind each other.
struct Columns {
  std::vector<double> gradient, weight, change;               // change: w - w' of the worker
  std::vector<double> mean, square, momentum;                 // before the step; empty where the optimiser has none
  std::vector<double> next_mean, next_square, next_momentum;  // the worker's
};

void append(std::vector<double>& to, const std::vector<double>& from) { to.insert(to.end(), from.begin(), from.end()); }

Columns collect(const Optimiser& o, const WrongStep& wrong) {
  Columns c;
  const bool adam = o.kind != Optimiser::Kind::kRmsprop;
  const std::string mean = ".exp_avg", square = adam ? ".exp_avg_sq" : ".square_avg", momentum = ".momentum";
  for (const auto& [name, gradient] : wrong.truth.exact.gradients) {
    const std::vector<double> before = wrong.before.at(name).as_double(), after = values_or_zero(wrong.after, name, before.size());
    const size_t n = before.size();
    append(c.gradient, gradient.as_double());
    append(c.weight, before);
    for (size_t i = 0; i < n; ++i) c.change.push_back(before[i] - after[i]);
    append(c.square, values_or_zero(wrong.before, name + square, n));
    append(c.next_square, values_or_zero(wrong.after, name + square, n));
    if (adam) {
      append(c.mean, values_or_zero(wrong.before, name + mean, n));
      append(c.next_mean, values_or_zero(wrong.after, name + mean, n));
    } else if (o.momentum != 0) {
      append(c.momentum, values_or_zero(wrong.before, name + momentum, n));
      append(c.next_momentum, values_or_zero(wrong.after, name + momentum, n));
    }
  }
  return c;
}

bool any(const std::vector<double>& values) {
  return std::any_of(values.begin(), values.end(), [](double v) { return v != 0; });
}

// m' = (1 - beta1) (g + decay w) + beta1 m
Sentence explain_mean(const Optimiser& o, const Columns& c) {
  if (c.next_mean.empty()) return {};
  const Mixture fit = fit_mixture({c.gradient, c.mean, c.weight}, c.next_mean);
  if (fit.residual > kFit) return {};
  const double decay = o.kind == Optimiser::Kind::kAdam ? o.weight_decay : 0;
  if (any(c.mean) && differs(fit.coefficients[1], o.beta1)) return constant("beta1", fit.coefficients[1], o.beta1);
  if (differs(fit.coefficients[0], 1 - o.beta1)) {
    if (!any(c.mean)) return constant("beta1", 1 - fit.coefficients[0], o.beta1);
    return fmt::format("all gradients are {:.6g} times the right ones", fit.coefficients[0] / (1 - o.beta1));
  }
  if (differs(fit.coefficients[2] / (1 - o.beta1), decay)) return constant("the weight decay in the gradient", fit.coefficients[2] / (1 - o.beta1), decay);
  return {};
}

// v' = (1 - beta2) g^2 + beta2 v, g with its decay
Sentence explain_square(const Optimiser& o, const Columns& c) {
  const bool adam = o.kind != Optimiser::Kind::kRmsprop;
  const double asked = adam ? o.beta2 : o.alpha, decay = o.kind == Optimiser::Kind::kAdamW ? 0 : o.weight_decay;
  std::vector<double> squares(c.gradient.size());
  for (size_t i = 0; i < squares.size(); ++i) squares[i] = std::pow(c.gradient[i] + decay * c.weight[i], 2);
  const Mixture fit = fit_mixture({squares, c.square}, c.next_square);
  if (fit.residual > kFit) return {};
  const char* const name = adam ? "beta2" : "alpha";
  if (any(c.square) && differs(fit.coefficients[1], asked)) return constant(name, fit.coefficients[1], asked);
  if (differs(1 - fit.coefficients[0], asked)) return constant(name, 1 - fit.coefficients[0], asked);
  return {};
}

// What the step should be for a learning rate of 1, from the averages that the worker holds.
std::vector<double> direction(const StepRule& rule, const Columns& c, double epsilon, bool corrected) {
  const Optimiser& o = rule.optimiser;
  const bool adam = o.kind != Optimiser::Kind::kRmsprop;
  const double t = static_cast<double>(rule.step + 1);
  const double scale = adam && corrected ? 1 - std::pow(o.beta2, t) : 1, gain = adam && corrected ? 1 / (1 - std::pow(o.beta1, t)) : 1;
  std::vector<double> result(c.change.size());
  for (size_t i = 0; i < result.size(); ++i) {
    const double divisor = std::sqrt(std::max(0.0, c.next_square[i]) / scale) + epsilon;
    const double above = adam ? c.next_mean[i] : c.gradient[i] + o.weight_decay * c.weight[i];
    result[i] = divisor > 0 ? gain * above / divisor : 0;
    if (!c.momentum.empty()) result[i] += o.momentum * c.momentum[i];
  }
  return result;
}

Sentence explain_step(const StepRule& rule, const Columns& c) {
  const Optimiser& o = rule.optimiser;
  const double rate = o.learning_rate, decay = o.kind == Optimiser::Kind::kAdamW ? o.weight_decay : 0;
  const auto fit = [&](double epsilon, bool corrected) { return fit_mixture({direction(rule, c, epsilon, corrected), c.weight}, c.change); };
  const Mixture asked = fit(o.epsilon, true);
  if (asked.residual < kSharp) {
    if (differs(asked.coefficients[0], rate) || std::abs(asked.coefficients[0] - rate) > kRight * rate)
      return constant("the learning rate", asked.coefficients[0], rate);
    if (std::abs(asked.coefficients[1] - rate * decay) > 1e-2 * rate * std::max(decay, 1e-4))
      return constant("the weight decay apart from the gradient", asked.coefficients[1] / rate, decay);
  }
  if (o.kind != Optimiser::Kind::kRmsprop && fit(o.epsilon, false).residual < std::min(kSharp, asked.residual / 4))
    return "looks as if the corrections 1 - beta^t were left out";
  double best = asked.residual / 4, epsilon = 0;
  for (double factor = 1e-4; factor < 1e9; factor *= 10) {
    if (const double residual = fit(o.epsilon * factor, true).residual; factor != 1 && residual < best) {
      best = residual;
      epsilon = o.epsilon * factor;
    }
  }
  if (epsilon > 0) return fmt::format("epsilon seems to be about {:.0e} instead of {:.4g}", epsilon, o.epsilon);
  return {};
}

}  // namespace

std::optional<std::string> explain_adaptive(const StepRule& rule, const WrongStep& wrong) {
  const Columns columns = collect(rule.optimiser, wrong);
  if (const Sentence s = explain_mean(rule.optimiser, columns)) return s;
  if (const Sentence s = explain_square(rule.optimiser, columns)) return s;
  return explain_step(rule, columns);
}

}  // namespace trainmark::proof
