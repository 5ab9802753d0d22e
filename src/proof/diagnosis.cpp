#include "proof/diagnosis.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "proof/hypotheses.hpp"
#include "proof/update_fit.hpp"

namespace trainmark::proof {
namespace {

using Sentence = std::optional<std::string>;

Sentence not_finite(const WrongStep& wrong) {
  if (!std::isfinite(wrong.loss)) return fmt::format("the loss is {}", wrong.loss);
  for (const auto& [name, tensor] : wrong.after) {
    if (name == "step") continue;
    for (const double v : tensor.as_double()) {
      if (!std::isfinite(v)) return fmt::format("{} holds {} after the step", name, v);
    }
  }
  return {};
}

// Learned tensors that the exact step changes, beyond what float32 would round away, and whether the worker changed them.
Sentence unchanged(const WrongStep& wrong, const Precision& precision) {
  std::vector<std::string> still, moved;
  for (const auto& [name, gradient] : wrong.truth.exact.gradients) {
    const auto after = wrong.after.find(name);
    if (after == wrong.after.end()) continue;
    const std::vector<double> before = wrong.before.at(name).as_double(), exact = wrong.truth.exact.state_after.at(name).as_double();
    bool should_move = false;
    for (size_t i = 0; i < before.size(); ++i) should_move = should_move || precision.store(exact[i]) != precision.store(before[i]);
    if (should_move) (after->second.as_double() == before ? still : moved).push_back(name);
  }
  if (still.empty()) return {};
  if (moved.empty()) return "the parameters did not change: looks as if the update was skipped";
  return fmt::format("{} unchanged while the others moved: looks as if the update of {} was left out", fmt::join(still, ", "),
                     still.size() == 1 ? "it" : "them");
}

// Gradients off by about a power of two between those of TF32 and bfloat16, in no direction.
Sentence fewer_bits(const WrongStep& wrong) {
  double error = 0, size = 0;
  for (const auto& [name, gradient] : wrong.truth.exact.gradients) {
    const auto fault = wrong.comparison.smallest_fault.find(name);
    if (fault == wrong.comparison.smallest_fault.end()) continue;
    for (const TensorDeviation& d : wrong.comparison.tensors) {
      if (d.name != name && !(d.name.starts_with(name + ".") && plan::is_optimiser_state(d.name))) continue;
      const double relative = d.mean_ratio * fault->second;
      if (d.mean_ratio <= 1 || !std::isfinite(relative)) continue;
      error += std::log2(relative);
      size += 1;
    }
  }
  // One tensor alone is no matter of precision.
  if (size < 0.5 * static_cast<double>(wrong.truth.exact.gradients.size())) return {};
  const double bits = -error / size;
  if (bits < 3 || bits > 16) return {};
  return fmt::format(
      "gradients agree to about {:.0f} bits only: looks like arithmetic in a lower precision than asked for (bfloat16 keeps 8 bits, TF32 and float16 11)",
      bits);
}

Sentence wrong_tensors(const WrongStep& wrong) {
  std::vector<std::string> names;
  for (const TensorDeviation& d : wrong.comparison.tensors) {
    if (d.ratio > 1) names.push_back(d.name);
  }
  if (names.empty()) return {};
  if (names.size() == wrong.comparison.tensors.size()) return "every tensor is wrong, in no pattern that is known";
  return fmt::format("wrong are {}", fmt::join(names, ", "));
}

}  // namespace

std::string diagnose(Oracle& oracle, const WrongStep& wrong) {
  if (const Sentence s = not_finite(wrong)) return *s;
  if (const Sentence s = unchanged(wrong, wrong.truth.model.precision)) return *s;
  const bool loss_is_wrong = std::abs(wrong.loss - wrong.truth.exact.loss) > wrong.truth.model.loss;
  if (loss_is_wrong) {
    if (const Sentence s = explain_loss(oracle, wrong)) return *s;
  } else {
    if (const Sentence s = explain_update(oracle, wrong)) return *s;
  }
  if (const Sentence s = fewer_bits(wrong)) return *s;
  if (const Sentence s = wrong_tensors(wrong)) return *s;
  return loss_is_wrong ? "the parameters are right, but the reported loss is not that of this state and batch" : "no known pattern fits";
}

}  // namespace trainmark::proof
