#include "proof/evaluation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace trainmark::proof {
namespace {

constexpr int64_t kChunk = 256;
constexpr double kEvaluationFlops = 1e10;  // of the reference: two to five seconds on one core
constexpr size_t kFewDifferences = 50;     // more than these cannot all be near ties
constexpr uint64_t kVariants = 4;
constexpr double kMarginSafety = 8;
constexpr double kLossTolerance = 3e-5;  // relative; sums of 10,000 float32 losses in any order

struct Predictions {
  std::vector<int32_t> samples;  // checked ones, ascending
  std::vector<int32_t> classes;
  double loss = 0;  // mean over them
};

core::Result<Predictions> predict(Session& session, const core::TensorMap& state, int64_t stride) {
  Predictions result;
  for (int64_t i = 0; i < session.materials.evaluation.count; i += stride) result.samples.push_back(static_cast<int32_t>(i));
  CheckedStepOptions options;
  options.magnitudes = false;
  const std::span<const int32_t> samples = result.samples;
  for (size_t begin = 0; begin < samples.size(); begin += kChunk) {
    const auto chunk = samples.subspan(begin, std::min<size_t>(kChunk, samples.size() - begin));
    const auto step = evaluate_batch(session.oracle, state, chunk, options);
    if (!step) return step.error();
    result.classes.insert(result.classes.end(), step->predictions.begin(), step->predictions.end());
    result.loss += step->loss * static_cast<double>(chunk.size());
  }
  result.loss /= static_cast<double>(samples.size());
  return result;
}

// Largest ratio of margin to tolerance of samples that were classified otherwise: above 1 is no tie.
core::Result<double> margin_ratio(Session& session, const core::TensorMap& state, std::span<const int32_t> samples) {
  const auto exact = evaluate_batch(session.oracle, state, samples, exact_options());
  if (!exact) return exact.error();
  std::vector<double> noise(samples.size(), 0.0);
  for (uint64_t v = 1; v <= kVariants; ++v) {
    const auto variant = evaluate_batch(session.oracle, state, samples, variant_options(v));
    if (!variant) return variant.error();
    for (size_t i = 0; i < samples.size(); ++i) {
      const bool same = variant->predictions[i] == exact->predictions[i];
      noise[i] = std::max(noise[i], std::abs(variant->margins[i] - (same ? 1 : -1) * exact->margins[i]));
    }
  }
  double ratio = 0;
  for (size_t i = 0; i < samples.size(); ++i) {
    const double tolerance = session.precision.roundoff * kMarginSafety * (noise[i] * 0x1p24 + exact->logit_magnitudes[i]);
    ratio = std::max(ratio, exact->margins[i] / tolerance);
  }
  return ratio;
}

struct Claimed {
  std::vector<int32_t> classes;
  double loss = 0;
};

std::optional<Claimed> claimed_predictions(Session& session, const core::TensorMap& state) {
  if (!session.evidence.final_predictions.empty()) return Claimed{session.evidence.final_predictions, session.evidence.final_loss};
  if (!load_state(session, state, 0)) return {};
  auto evaluated = session.client.evaluate(session.materials.evaluation.count, session.options.timeout_s);
  if (take(session, evaluated) == nullptr) return {};
  return Claimed{std::move(evaluated->predictions), evaluated->loss};
}

// "", or what the classes that are not the reference's have in common.
std::string explain(const Claimed& claimed, std::span<const int32_t> wrong, int64_t count) {
  if (wrong.empty()) return "";
  const int64_t first = wrong.front();
  const int32_t value = claimed.classes[static_cast<size_t>(first)];
  const bool same = std::all_of(wrong.begin(), wrong.end(), [&](int32_t i) { return claimed.classes[static_cast<size_t>(i)] == value; });
  if (first > count / 20 && same && wrong.size() > 20)
    return fmt::format(": the first wrong one is sample {} and all of them are class {}: looks as if only a part of the split was evaluated", first, value);
  if (first > count / 20 && wrong.size() > 20)
    return fmt::format(": the first wrong one is sample {}: looks as if only a part of the split was evaluated", first);
  return "";
}

}  // namespace

void check_evaluation(Session& session, const core::TensorMap& state) {
  const int64_t count = session.materials.evaluation.count;
  if (count == 0) return;
  const auto claimed = claimed_predictions(session, state);
  if (!claimed) return;
  if (static_cast<int64_t>(claimed->classes.size()) != count)
    return add_statement(session, "evaluation", false,
                         fmt::format("{} samples got a class, the split has {}: only a part of it was evaluated.", claimed->classes.size(), count));
  const auto bad =
      std::find_if(claimed->classes.begin(), claimed->classes.end(), [&](int32_t c) { return c < 0 || c >= session.materials.evaluation.classes; });
  if (bad != claimed->classes.end())
    return add_statement(session, "evaluation", false, fmt::format("Sample {} got class {}, which does not exist.", bad - claimed->classes.begin(), *bad));

  const double flops = static_cast<double>(evaluation_flops(session.oracle, 1)) * static_cast<double>(count);
  const auto stride = std::max<int64_t>(1, static_cast<int64_t>(std::ceil(flops / kEvaluationFlops)));
  const auto reference = predict(session, state, stride);
  if (!reference) return add_reference_error(session, "evaluation", reference.error());
  std::vector<int32_t> wrong;
  for (size_t i = 0; i < reference->samples.size(); ++i) {
    if (claimed->classes[static_cast<size_t>(reference->samples[i])] != reference->classes[i]) wrong.push_back(reference->samples[i]);
  }
  double ratio = 0;
  if (wrong.size() > kFewDifferences) {
    ratio = HUGE_VAL;
  } else if (!wrong.empty()) {
    const auto margins = margin_ratio(session, state, wrong);
    if (!margins) return add_reference_error(session, "evaluation", margins.error());
    ratio = *margins;
  }
  std::string detail =
      fmt::format("{} of {} checked samples (of {}) have another class than the reference gives", wrong.size(), reference->samples.size(), count);
  if (ratio > 1) detail += ", not only where two classes are near a tie" + explain(*claimed, wrong, count);
  const double loss_tolerance = kLossTolerance * session.precision.roundoff * 0x1p24 * std::abs(reference->loss) + 1e-6 * session.precision.roundoff * 0x1p24;
  const double loss_ratio = stride > 1 ? 0 : std::isfinite(claimed->loss) ? std::abs(claimed->loss - reference->loss) / loss_tolerance : HUGE_VAL;
  if (loss_ratio > 1) detail += fmt::format("; the mean loss is {:.9g} for {:.9g}", claimed->loss, reference->loss);
  add_comparison(session, "evaluation", std::max(ratio, loss_ratio), detail + ".");
}

}  // namespace trainmark::proof
