// Costs are those of plan/cost.cpp; operations of a step in several passes count as often as they run.
#include "analysis/step_work.hpp"

#include <algorithm>

#include "backends/cpu/implementation_bytes.hpp"
#include "plan/edit.hpp"
#include "plan/engine_passes.hpp"
#include "plan/passes.hpp"
#include "worker/operations.hpp"

namespace trainmark::analysis {
namespace {

plan::Plan plan_of(const workload::Workload& w) { return plan::training_plan(w.network, workload::batch_of_step(w, 0), workload::training_of(w.recipe)); }

int64_t runs_of(const plan::Plan& plan, const plan::Op& op) { return op.phase == plan::Phase::kUpdate ? 1 : plan.passes; }

Piece piece_of(const plan::Plan& plan, const plan::Op& op, int64_t bytes, int64_t working_set) {
  return {std::string(worker::operation_word(op.kind)), std::string(plan::phase_name(op.phase)), runs_of(plan, op) * op.cost.flops, runs_of(plan, op) * bytes,
          working_set};
}

/// What an operation of the engine's plan touches at one time: of tensors in scratch memory a chunk in each task that may run.
int64_t touched_at_once(const plan::Plan& plan, const plan::Op& op) {
  int64_t bytes = 0, chunk = 0;
  for (const plan::Stage& stage : plan.stages) {
    for (const int number : stage.ops) {
      if (&plan.ops[static_cast<size_t>(number)] == &op) chunk = stage.chunk * std::ssize(stage.tasks);
    }
  }
  for (const auto* list : {&op.inputs, &op.outputs}) {
    for (const int index : *list) {
      const plan::Tensor& tensor = plan.tensors[static_cast<size_t>(index)];
      const bool scratch = plan.tensors[static_cast<size_t>(plan::root_of(plan, index))].storage == plan::Storage::kScratch;
      bytes += plan::stored_bytes(tensor, scratch ? std::min(chunk, plan.batch) : 0);
    }
  }
  return bytes;
}

Piece neighbours_piece(const workload::Workload& w) {
  const int64_t queries = workload::batch_of_step(w, 0), pixels = w.network.input.size();
  const double pairs = static_cast<double>(queries) * static_cast<double>(w.dataset.train_count);
  const int64_t bytes = (queries + w.dataset.train_count) * pixels;
  return {"distances", "forward", static_cast<int64_t>(std::min(9e18, 2 * pairs * static_cast<double>(pixels))), bytes, bytes};
}

}  // namespace

std::vector<Piece> compulsory_pieces(const workload::Workload& w) {
  if (w.neighbours) return {neighbours_piece(w)};
  const plan::Plan plan = plan_of(w);
  std::vector<Piece> pieces;
  for (const plan::Op& op : plan.ops) pieces.push_back(piece_of(plan, op, op.cost.compulsory_bytes, op.cost.compulsory_bytes));
  return pieces;
}

std::vector<Piece> implementation_pieces(const plan::Plan& plan, const std::vector<std::string>& kernels, const std::vector<double>& executed_shares) {
  const auto bytes = backends::cpu::implementation_bytes(plan, [&](int op) { return kernels[static_cast<size_t>(op)]; });
  std::vector<Piece> pieces;
  for (size_t i = 0; i < plan.ops.size(); ++i) {
    pieces.push_back(piece_of(plan, plan.ops[i], bytes[i], std::min(bytes[i], touched_at_once(plan, plan.ops[i]))));
    pieces.back().flops = static_cast<int64_t>(static_cast<double>(pieces.back().flops) * executed_shares[i]);
  }
  return pieces;
}

std::vector<Piece> implementation_pieces(const workload::Workload& w, const core::Json& kernels, const core::Json& executed_shares) {
  if (w.neighbours || !kernels.is_object() || kernels.empty()) return {};
  const plan::Plan plan = plan::engine_plan(plan_of(w));
  std::vector<std::string> names;
  std::vector<double> shares;
  for (const plan::Op& op : plan.ops) {
    const auto known = kernels.find(op.name);
    if (known == kernels.end() || !known->is_string()) return {};  // of another version, whose plan was another
    names.push_back(known->get<std::string>());
    shares.push_back(executed_shares.value(op.name, 1.0));
  }
  return implementation_pieces(plan, names, shares);
}

LeastBytes least_bytes(const workload::Workload& w) {
  const int64_t pixels = w.network.input.size(), batch = workload::batch_of_step(w, 0);
  if (w.neighbours) return {(batch + w.dataset.train_count) * pixels, (workload::evaluation_count(w) + w.dataset.train_count) * pixels, 0, 0};
  LeastBytes least{batch * pixels, w.dataset.train_count * pixels, 0, 0};
  const int64_t epoch_images = workload::steps_per_epoch(w) * batch;
  least.input_set_bytes = std::min(least.input_set_bytes, epoch_images * pixels);
  const plan::Plan plan = plan_of(w);
  for (const plan::Tensor& tensor : plan.tensors) {
    if (tensor.role != plan::Role::kParameter && tensor.role != plan::Role::kOptimiserState) continue;
    least.state_set_bytes += plan::stored_bytes(tensor);
  }
  least.state_bytes = 2 * least.state_set_bytes;
  return least;
}

}  // namespace trainmark::analysis
