// The operations of a native engine's steps: plain and profiled steps in turn, so that what the timing costs comes from the same seconds.
//
// Figures are means over the middle half of the profiled steps, by their time: parts and the rest then sum to the step exactly, which
// medians of each part would not, and a step that something else disturbed does not count.
#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>

#include "core/clock.hpp"
#include "worker/native_training.hpp"
#include "worker/operations.hpp"

namespace trainmark::worker {
namespace {

using Key = std::tuple<int, std::string, std::string>;  // phase, operation, layer

struct Part {
  double time_ns = 0, calls = 0;
};

struct ProfiledStep {
  double step_ns = 0;
  std::map<Key, Part> parts;
};

/// The word of an operation; sums over the copies of a gradient, which several threads have made, belong to what made them.
std::string_view word_of(const plan::Plan& plan, const plan::Op& op) {
  if (op.kind != plan::OpKind::kReducePartials) return operation_word(op.kind);
  for (const plan::Op& maker : plan.ops) {
    const bool makes = std::find(maker.outputs.begin(), maker.outputs.end(), op.inputs.front()) != maker.outputs.end();
    if (makes && maker.kind != plan::OpKind::kReducePartials) return operation_word(maker.kind);
  }
  return operation_word(op.kind);
}

std::map<Key, Part> parts_of(const plan::Plan& plan, const network::Network& network, const std::vector<int64_t>& op_ns, int threads) {
  std::map<Key, Part> parts;
  for (size_t i = 0; i < plan.ops.size(); ++i) {
    const plan::Op& op = plan.ops[i];
    const std::string layer = op.layer >= 0 ? network.layers[static_cast<size_t>(op.layer)].name : "";
    Part& part = parts[{static_cast<int>(op.phase), std::string(word_of(plan, op)), layer}];
    part.time_ns += static_cast<double>(op_ns[i]) / threads;  // of all threads together: each is busy with it or waits
    part.calls += op.phase == plan::Phase::kUpdate ? 1 : static_cast<double>(plan.passes);
  }
  return parts;
}

/// The values of the middle half, those at its edges included.
std::vector<size_t> middle_half(const std::vector<double>& values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return values[a] < values[b]; });
  const size_t cut = values.size() / 4;
  return {order.begin() + static_cast<std::ptrdiff_t>(cut), order.end() - static_cast<std::ptrdiff_t>(cut)};
}

double mean_of_middle(const std::vector<double>& values) {
  const auto middle = middle_half(values);
  double sum = 0;
  for (const size_t i : middle) sum += values[i];
  return sum / static_cast<double>(middle.size());
}

StepOperations summarise(const std::vector<ProfiledStep>& profiled, const std::vector<double>& plain_ns) {
  std::vector<double> steps_ns;
  steps_ns.reserve(profiled.size());
  for (const ProfiledStep& step : profiled) steps_ns.push_back(step.step_ns);
  const auto middle = middle_half(steps_ns);
  const auto count = static_cast<double>(middle.size());
  std::map<Key, Part> sums;
  StepOperations found;
  for (const size_t i : middle) {
    found.step_ns += steps_ns[i] / count;
    for (const auto& [key, part] : profiled[i].parts) {
      sums[key].time_ns += part.time_ns / count;
      sums[key].calls += part.calls / count;
    }
  }
  for (const auto& [key, part] : sums) {
    const auto& [phase, operation, layer] = key;
    found.parts.push_back({operation, phase_words()[static_cast<size_t>(phase)], layer, part.time_ns, part.calls});
  }
  found.plain_ns = mean_of_middle(plain_ns);
  return found;
}

}  // namespace

StepOperations NativeTraining::operations(int64_t first_step, int64_t steps) {
  std::vector<ProfiledStep> profiled;
  std::vector<double> plain_ns;
  backends::StepOutput output;
  std::vector<int64_t> op_ns;
  const auto timed = [](backends::Program& program, const auto& run) {
    const int64_t begin_ns = core::now_ns();
    run();
    program.sync();
    return static_cast<double>(core::now_ns() - begin_ns);
  };
  const auto program_of = [&](int64_t step) -> backends::Program& { return *train_programs_.at(static_cast<int64_t>(inputs_.batch(step).size())); };
  program_of(first_step).run(input_of(first_step), output);  // wakes the engine's threads
  for (int64_t step = first_step; step < first_step + steps; ++step) {
    backends::Program& program = program_of(step);
    const backends::StepInput input = input_of(step);
    plain_ns.push_back(timed(program, [&] { program.run(input, output); }));
    op_ns.assign(program.plan().ops.size(), 0);
    const double step_ns = timed(program, [&] { program.run_profiled(input, output, op_ns.data()); });
    profiled.push_back({step_ns, parts_of(program.plan(), inputs_.workload.network, op_ns, threads_)});
  }
  step_ = first_step + steps;
  return summarise(profiled, plain_ns);
}

}  // namespace trainmark::worker
