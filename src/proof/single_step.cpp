#include "proof/single_step.hpp"

#include <fmt/format.h>

#include <cmath>

#include "network/parameters.hpp"
#include "proof/diagnosis.hpp"

namespace trainmark::proof {
namespace {

std::string describe(const TensorDeviation& d) {
  return fmt::format("worst tensor {}: differences sum to {} of a tolerance of {}, element {} is {:.9g} for {:.9g}", d.name, number(d.difference),
                     number(d.tolerance), d.worst, d.got, d.expected);
}

std::string describe(const StepTruth& truth, const StepCase& step_case, double loss) {
  return fmt::format("step {}: loss {:.9g} for {:.9g} (tolerance {}); calibrated by {} variants on {} images, {} decisions near a tie", step_case.step, loss,
                     truth.exact.loss, number(truth.model.loss), truth.model.variants, truth.model.images, truth.model.near_ties);
}

void keep_smallest_faults(Session& session, const StateComparison& comparison) {
  for (const auto& [name, fault] : comparison.smallest_fault) {
    double& best = session.smallest_fault.try_emplace(name, fault).first->second;
    best = std::min(best, fault);
  }
}

// The first wrong gradient in the order of the backward pass names the layer where the error begins.
void check_gradients(Session& session, const StepCase& step_case, const StepTruth& truth) {
  auto dumped = session.client.dump_gradients(session.options.timeout_s);
  if (take(session, dumped) == nullptr) return;
  const StateComparison comparison = compare_gradients(*dumped, truth.exact, truth.model);
  keep_smallest_faults(session, comparison);
  double ratio = comparison.missing.empty() ? 0 : HUGE_VAL;
  std::string detail = comparison.missing.empty() ? "all gradients agree" : "the gradient of " + comparison.missing[0] + " is missing";
  const auto parameters = network::parameters(session.materials.workload.network);
  for (auto p = parameters.rbegin(); p != parameters.rend(); ++p) {
    for (const TensorDeviation& deviation : comparison.tensors) {
      if (deviation.name != p->name) continue;
      if (deviation.ratio > 1 && ratio <= 1) detail = "first wrong gradient, counted from the loss: " + describe(deviation);
      ratio = std::max(ratio, deviation.ratio);
    }
  }
  add_comparison(session, "gradients, " + step_case.label, ratio, detail);
}

}  // namespace

core::Result<StepTruth> find_truth(Session& session, const StepCase& step_case) {
  const StepBatch batch{session.materials.batch(step_case.step), step_case.step};
  auto exact = train_step(session.oracle, step_case.state, batch, exact_options());
  if (!exact) return exact.error();
  auto model = calibrate(session.oracle, step_case.state, batch, *exact, session.precision);
  if (!model) return model.error();
  return StepTruth{std::move(*exact), std::move(*model)};
}

void check_single_step(Session& session, const StepCase& step_case, const StepTruth& truth) {
  if (!load_state(session, step_case.state, step_case.step)) return;
  const auto loss = train_one(session, step_case.step);
  if (!loss) return;
  const auto after = dump_state(session);
  if (!after) return;
  const StateComparison comparison =
      compare_state({optimiser_at(session.oracle, step_case.step), step_case.step}, step_case.state, *after, truth.exact, truth.model);
  keep_smallest_faults(session, comparison);

  const double loss_ratio = std::isfinite(*loss) ? std::abs(*loss - truth.exact.loss) / truth.model.loss : HUGE_VAL;
  double ratio = comparison.missing.empty() ? loss_ratio : HUGE_VAL;
  std::string detail = describe(truth, step_case, *loss);
  if (!comparison.tensors.empty()) {
    ratio = std::max(ratio, comparison.tensors[0].ratio);
    detail += "; " + describe(comparison.tensors[0]);
  }
  if (!comparison.missing.empty()) detail += "; the worker's state lacks " + comparison.missing[0];
  if (!(ratio <= 1)) {
    const WrongStep wrong{step_case.state, *after, *loss, step_case.step, truth, comparison};
    detail = diagnose(session.oracle, wrong) + " (" + detail + ")";
  }
  add_comparison(session, step_case.label, ratio, detail + ".");
  if (session.gives_gradients) check_gradients(session, step_case, truth);
}

}  // namespace trainmark::proof
