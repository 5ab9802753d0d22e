#include "proof/update_model.hpp"

#include <algorithm>
#include <cmath>

namespace trainmark::proof {
namespace {

using plan::Optimiser;

// The range of a quotient over its gradients is taken at a few places; its true extremum is near one of them.
constexpr double kRangeRoom = 1.25;

void resize(GradientModel& model, size_t size) {
  model.mean.resize(size);
  model.peak.resize(size);
}

double sum_of(const std::vector<double>& values, int power) {
  double sum = 0;
  for (const double v : values) sum += power == 1 ? std::abs(v) : v * v;
  return sum;
}

UpdateModel sgd_model(const Optimiser& optimiser, const UpdateInput& in) {
  const bool has_momentum = optimiser.momentum != 0;
  const double rate = optimiser.learning_rate, mu = optimiser.momentum, decay = optimiser.weight_decay;
  UpdateModel result;
  resize(result.parameter, in.w.size());
  GradientModel momentum;
  resize(momentum, in.w.size());
  for (size_t i = 0; i < in.w.size(); ++i) {
    const double m = has_momentum ? in.state.at("momentum")[i] : 0;
    const double decayed = std::abs(decay * in.w[i]), kept = std::abs(mu * m), g = std::abs(in.gradient[i]) + decayed;
    const double next = kept + g, step = optimiser.nesterov ? g + mu * next : next;
    // Each constant rounded to the type, each operation rounded once.
    const double momentum_rounding = in.roundoff * ((decay != 0 ? 2 * decayed + g : 0) + (mu != 0 ? 2 * kept + next : 0));
    const double gain = optimiser.nesterov ? 1 + mu : 1;
    const double step_rounding = rate * (gain * momentum_rounding + in.roundoff * (optimiser.nesterov ? 5 : 3) * step);
    momentum.mean[i] = in.tolerance.mean[i] + momentum_rounding;
    momentum.peak[i] = in.tolerance.peak[i] + momentum_rounding;
    result.parameter.mean[i] = rate * gain * in.tolerance.mean[i] + step_rounding;
    result.parameter.peak[i] = rate * gain * in.tolerance.peak[i] + step_rounding;
  }
  if (!has_momentum) return result;
  result.state["momentum"] = std::move(momentum);
  result.state_response["momentum"] = sum_of(in.gradient, 1);
  return result;
}

// q(g) = (a + c g) / (sqrt((b + e g^2) / scale) + epsilon): what Adam and RMSprop multiply with the learning rate.
struct Quotient {
  double a = 0, c = 1;
  double b = 0, e = 1, scale = 1;
  double epsilon = 0;

  double numerator(double g) const { return a + c * g; }
  double square(double g) const { return b + e * g * g; }
  double divisor(double g) const { return std::sqrt(square(g) / scale) + epsilon; }
  double operator()(double g) const {
    const double d = divisor(g);
    return d > 0 ? numerator(g) / d : 0;
  }
  // The largest |q(x) - q(g)| for |x - g| <= reach: at the ends, at 0, and at the extremum (without epsilon) c b / (a e).
  double range(double g, double reach) const {
    if (reach == 0) return 0;
    const double at = (*this)(g);
    double largest = std::max(std::abs((*this)(g - reach) - at), std::abs((*this)(g + reach) - at));
    for (const double x : {0.0, a * e != 0 ? c * b / (a * e) : 0.0}) {
      if (std::abs(x - g) < reach) largest = std::max(largest, std::abs((*this)(x)-at));
    }
    return kRangeRoom * largest;
  }
};

// Tolerances of one element of an adaptive optimiser, for one of the two norms.
struct Adaptive {
  double mean = 0, square = 0, quotient = 0;
};

// `reach`: tolerance of g, the decayed gradient, with its own roundings. `m`, `v`: what is kept of the state before.
Adaptive adaptive_element(const Quotient& q, double g, double reach, double u) {
  Adaptive result;
  const double kept = std::abs(q.a), added = std::abs(q.c * g), square = q.square(g);
  const double mean_rounding = u * (4 * kept + 4 * added + 2 * std::abs(q.numerator(g)));
  result.mean = std::abs(q.c) * reach + mean_rounding;
  result.square = q.e * (2 * std::abs(g) * reach + reach * reach) + 8 * u * square;
  const double d = q.divisor(g);
  result.quotient = q.range(g, reach) + (d > 0 ? mean_rounding / d : 0) + 10 * u * std::abs(q(g));
  return result;
}

// Relative error of 1 - beta^t where beta and its power are rounded to the type, as engines that compute it there do.
double correction_error(double beta, double t, double u) {
  const double power = std::pow(beta, t);
  return power < 1 ? u * (1 + (t + 1) * power / (1 - power)) : 0;
}

UpdateModel adam_model(const StepRule& rule, const UpdateInput& in) {
  const Optimiser& o = rule.optimiser;
  const bool apart = o.kind == Optimiser::Kind::kAdamW;
  const double u = in.roundoff, t = static_cast<double>(rule.step + 1), decay = apart ? 0 : o.weight_decay;
  const double step = o.learning_rate / (1 - std::pow(o.beta1, t)), scale = 1 - std::pow(o.beta2, t);
  const double constants = 6 * u + correction_error(o.beta1, t, u) + correction_error(o.beta2, t, u) / 2;
  const std::vector<double>&m = in.state.at("exp_avg"), &v = in.state.at("exp_avg_sq");
  UpdateModel result;
  GradientModel &mean = result.state["exp_avg"], &square = result.state["exp_avg_sq"];
  for (GradientModel* part : {&result.parameter, &mean, &square}) resize(*part, in.w.size());
  for (size_t i = 0; i < in.w.size(); ++i) {
    const double decayed = decay * in.w[i], g = in.gradient[i] + decayed;
    const double rounding = decay != 0 ? u * (2 * std::abs(decayed) + std::abs(in.gradient[i])) : 0;
    const Quotient q{o.beta1 * m[i], 1 - o.beta1, o.beta2 * v[i], 1 - o.beta2, scale, o.epsilon};
    // The weight that decays apart is a value of its own, rounded before the step is taken from it.
    const double kept = apart && o.weight_decay != 0 ? u * std::abs(in.w[i]) * (1 + 2 * o.learning_rate * o.weight_decay) : 0;
    const auto set = [&](const std::vector<double>& tolerance, std::vector<double>& to_mean, std::vector<double>& to_square,
                         std::vector<double>& to_parameter) {
      const Adaptive a = adaptive_element(q, g, tolerance[i] + rounding, u);
      to_mean[i] = a.mean;
      to_square[i] = a.square;
      to_parameter[i] = step * (a.quotient + constants * std::abs(q(g))) + kept;
    };
    set(in.tolerance.mean, mean.mean, square.mean, result.parameter.mean);
    set(in.tolerance.peak, mean.peak, square.peak, result.parameter.peak);
  }
  result.state_response["exp_avg"] = (1 - o.beta1) * sum_of(in.gradient, 1);
  result.state_response["exp_avg_sq"] = 2 * (1 - o.beta2) * sum_of(in.gradient, 2);
  return result;
}

UpdateModel rmsprop_model(const Optimiser& o, const UpdateInput& in) {
  const bool has_momentum = o.momentum != 0;
  const double u = in.roundoff;
  const std::vector<double>& v = in.state.at("square_avg");
  UpdateModel result;
  GradientModel &square = result.state["square_avg"], momentum;
  for (GradientModel* part : {&result.parameter, &square, &momentum}) resize(*part, in.w.size());
  for (size_t i = 0; i < in.w.size(); ++i) {
    const double decayed = o.weight_decay * in.w[i], g = in.gradient[i] + decayed;
    const double rounding = o.weight_decay != 0 ? u * (2 * std::abs(decayed) + std::abs(in.gradient[i])) : 0;
    const Quotient q{0, 1, o.alpha * v[i], 1 - o.alpha, 1, o.epsilon};
    const double kept = has_momentum ? std::abs(o.momentum * in.state.at("momentum")[i]) : 0;
    const auto set = [&](const std::vector<double>& tolerance, std::vector<double>& to_square, std::vector<double>& to_momentum,
                         std::vector<double>& to_parameter) {
      const Adaptive a = adaptive_element(q, g, tolerance[i] + rounding, u);
      to_square[i] = a.square;
      to_momentum[i] = a.quotient + (has_momentum ? u * (3 * kept + std::abs(q(g))) : 0);
      to_parameter[i] = o.learning_rate * (to_momentum[i] + 3 * u * (kept + std::abs(q(g))));
    };
    set(in.tolerance.mean, square.mean, momentum.mean, result.parameter.mean);
    set(in.tolerance.peak, square.peak, momentum.peak, result.parameter.peak);
  }
  result.state_response["square_avg"] = 2 * (1 - o.alpha) * sum_of(in.gradient, 2);
  if (has_momentum) result.state["momentum"] = std::move(momentum);
  return result;
}

}  // namespace

UpdateModel update_model(const StepRule& rule, const UpdateInput& input) {
  switch (rule.optimiser.kind) {
    case Optimiser::Kind::kSgd:
      return sgd_model(rule.optimiser, input);
    case Optimiser::Kind::kAdam:
    case Optimiser::Kind::kAdamW:
      return adam_model(rule, input);
    case Optimiser::Kind::kRmsprop:
      return rmsprop_model(rule.optimiser, input);
  }
  return {};
}

}  // namespace trainmark::proof
