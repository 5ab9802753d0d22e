// prove(): all checks in their order. Each adds findings; the first refusal or death of the worker ends the proof.
#include <fmt/format.h>

#include <algorithm>

#include "proof/dropout_masks.hpp"
#include "proof/edges.hpp"
#include "proof/evaluation.hpp"
#include "proof/free_run.hpp"
#include "proof/neighbours.hpp"
#include "proof/order.hpp"
#include "proof/report.hpp"
#include "proof/single_step.hpp"

namespace trainmark::proof {
namespace {

constexpr size_t kMostEdges = 4;        // checked: first, last and some between
constexpr int64_t kReplayedSteps = 8;   // after each edge
constexpr int64_t kReplayedFirst = 20;  // after the initial state

// The initial state, and states of the worker's own trajectory from it.
std::optional<std::vector<StepCase>> trajectory_cases(Session& session) {
  std::vector<StepCase> cases;
  cases.push_back({"single step at 0", session.materials.initial_state, 0, !session.evidence.stretches.empty()});
  std::vector<int64_t> later = session.options.later_steps;
  std::sort(later.begin(), later.end());
  if (!load_state(session, session.materials.initial_state, 0)) return {};
  int64_t step = 0;
  for (const int64_t wanted : later) {
    if (wanted < 1 || existing_step(session.materials, wanted) != wanted) continue;
    for (; step < wanted; ++step) {
      if (!train_one(session, step)) return {};
    }
    auto state = dump_state(session);
    if (!state) return {};
    cases.push_back({fmt::format("single step at {}", wanted), std::move(*state), wanted, false});
  }
  return cases;
}

std::vector<StepCase> edge_cases(const Session& session) {
  const auto& edges = session.evidence.edges;
  std::vector<StepCase> cases;
  const auto recorded = static_cast<int64_t>(recorded_losses(session.evidence).size());
  const size_t count = std::min(edges.size(), kMostEdges);
  for (size_t i = 0; i < count; ++i) {
    const EdgeState& edge = edges[count == 1 ? edges.size() - 1 : i * (edges.size() - 1) / (count - 1)];
    cases.push_back(
        {fmt::format("single step from the timed state at {}", edge.step), edge.state, existing_step(session.materials, edge.step), edge.step < recorded});
  }
  return cases;
}

bool state_is_usable(Session& session, const StepCase& step_case) {
  for (const auto& [name, tensor] : session.materials.initial_state) {
    const auto found = step_case.state.find(name);
    if (found != step_case.state.end() && found->second.size() == tensor.size()) continue;
    add_statement(session, step_case.label, false, fmt::format("The worker's state has no {} of {} values.", name, tensor.size()));
    return false;
  }
  return true;
}

void check_cases(Session& session, const std::vector<StepCase>& cases) {
  for (const StepCase& step_case : cases) {
    if (!state_is_usable(session, step_case)) continue;
    const auto truth = find_truth(session, step_case);
    if (!truth) {
      add_reference_error(session, step_case.label, truth.error());
      continue;
    }
    check_single_step(session, step_case, *truth);
    if (session.failure) return;
    if (!step_case.recorded) continue;
    // Timed steps of a worker with masks of its own have losses that nobody else can compute.
    if (!session.masks_from_files) {
      check_recorded_loss(session, step_case, *truth);
      check_replay(session, step_case, *truth, step_case.step == 0 ? kReplayedFirst : kReplayedSteps);
      if (session.failure) return;
    }
    if (step_case.step != 0) continue;
    check_progress(session, *truth);
    if (!session.masks_from_files) check_free_run(session, *truth);
  }
}

void run_checks(Session& session) {
  auto hello = session.client.hello(session.options.timeout_s);
  if (take(session, hello) == nullptr) return;
  const auto& abilities = hello->abilities;
  const auto able = [&](const char* ability) { return std::find(abilities.begin(), abilities.end(), ability) != abilities.end(); };
  session.gives_gradients = able("gradients");
  if (has_dropout(session.materials.workload.network) && !able("dropout_philox")) {
    session.masks_from_files = able("dropout_masks");
    if (!session.masks_from_files) {
      session.failure =
          worker::Failure{worker::FailureKind::kUnsupported, "it draws dropout masks that nobody else knows (neither dropout_philox nor dropout_masks)"};
      return;
    }
  }
  if (!session.evidence.stretches.empty()) {
    check_recorded_losses(session);
    check_order(session);
  }
  const auto cases = trajectory_cases(session);
  if (!cases) return;
  check_cases(session, *cases);
  if (session.failure) return;
  check_cases(session, edge_cases(session));
  if (session.failure) return;
  check_evaluation(session, session.evidence.edges.empty() ? cases->back().state : session.evidence.edges.back().state);
}

}  // namespace

ProofReport prove(worker::Client& client, const workload::Materials& materials, const TimedEvidence& evidence, const ProofOptions& options) {
  if (materials.workload.neighbours) return prove_neighbours(client, materials, evidence, options);
  const auto precision = precision_of(options.dtype);
  if (!precision) {
    ProofReport report;
    report.summary = "unchecked: " + precision.error().message;
    return report;
  }
  Session session{client, materials, evidence, options, Oracle{materials, options.threads, {}, {}}, *precision, false, false, {}, {}, {}};
  run_checks(session);
  return conclude(session);
}

}  // namespace trainmark::proof
