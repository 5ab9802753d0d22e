// The loop over stages, tasks, chunks and operations. Nothing in it allocates, and no result depends on which thread ran
// what: tasks are fixed by the plan, and the loss is added up in the order of the images.
#include "backends/cpu/program.hpp"

#include <algorithm>

#include "backends/cpu/gather_tables.hpp"
#include "backends/cpu/select.hpp"
#include "core/clock.hpp"

namespace trainmark::backends::cpu {

using plan::Axis;

namespace {
constexpr int64_t kMostFetched = 512;  // images: more would push what the step needs out of L2
constexpr int64_t kCacheLine = 64;

// Below these a second thread costs more than it takes over: a synchronisation of a stage takes about as long as 0.1 MFLOP, and what another
// core has just written has to come from there. docs/performance.md has the steps of few images on one thread and on two.
constexpr int64_t kLeastFlops = 300'000;    // of a step, counted by shape
constexpr double kLeastDividedShare = 0.5;  // of them, in stages of several tasks
}  // namespace

CpuProgram::CpuProgram(plan::Plan plan, State& state, const Kernels& kernels, core::ThreadPool& pool, const data::PixelStatistics& pixels)
    : plan_(std::move(plan)), state_(state), kernels_(kernels), pool_(pool), pixels_(pixels), arena_(plan_.arena_bytes) {
  losses_.resize(static_cast<size_t>(plan_.batch * plan_.passes));
  correct_.resize(static_cast<size_t>(plan_.batch * plan_.passes));
  names_.resize(plan_.ops.size());
  executed_shares_.resize(plan_.ops.size(), 1);
}

core::Result<std::unique_ptr<Program>> CpuProgram::make(plan::Plan plan, State& state, const Kernels& kernels, core::ThreadPool& pool,
                                                        const data::PixelStatistics& pixels) {
  std::unique_ptr<CpuProgram> program(new CpuProgram(std::move(plan), state, kernels, pool, pixels));
  auto stages = bind(program->plan_, state, kernels, pixels, program->arena_.data());
  if (!stages) return stages.error();
  program->stages_ = std::move(*stages);
  int64_t scratch = 0, workspace = 0;
  for (const plan::Stage& stage : program->plan_.stages) scratch = std::max(scratch, stage.scratch_bytes);
  for (const BoundStage& stage : program->stages_) {
    for (size_t i = 0; i < stage.ops.size(); ++i) {
      workspace = std::max(workspace, workspace_bytes(stage.ops[i], stage.axis == Axis::kImages ? stage.chunk : program->plan_.batch));
      program->names_[static_cast<size_t>(stage.numbers[i])] = stage.ops[i].kernel;
      program->executed_shares_[static_cast<size_t>(stage.numbers[i])] = stage.ops[i].executed_share;
    }
  }
  program->threads_ = program->pays_to_divide() ? pool.threads() : 1;
  for (int t = 0; t < program->threads_; ++t) {
    program->scratch_.emplace_back(plan::round_up(scratch, 4096));
    program->workspace_.emplace_back(plan::round_up(workspace, 4096));
    program->thread_ns_.emplace_back(program->plan_.ops.size(), 0);
  }
  return std::unique_ptr<Program>(std::move(program));
}

bool CpuProgram::pays_to_divide() const {
  int64_t all = 0, divided = 0;
  for (const plan::Stage& stage : plan_.stages) {
    for (const int op : stage.ops) {
      const int64_t flops = plan_.ops[static_cast<size_t>(op)].cost.flops;
      all += flops;
      if (stage.tasks.size() > 1) divided += flops;
    }
  }
  return all >= kLeastFlops && static_cast<double>(divided) >= kLeastDividedShare * static_cast<double>(all);
}

// Images of a shuffled epoch lie anywhere in memory, and a step that begins with them waits for each: 4 of the 60 us of mnist-mlp with
// 32 images. So the last stage fetches the pixels of the next step, some with each task, each thread those that it will gather:
// its range of inputs of all images where the first stage divides inputs, else all of its images.
void CpuProgram::fetch_ahead(int task, int tasks, int thread, const StepInput& input) const {
  if (input.next_indices == nullptr || input.next_images > kMostFetched) return;
  const int threads = tasks > 1 ? threads_ : 1;  // one task runs on the first thread
  const int64_t size = input.samples->shape.size();
  const bool by_inputs = stages_.front().axis == Axis::kOutputs;
  const int64_t first_image = by_inputs ? 0 : input.next_images * thread / threads,
                end_image = by_inputs ? input.next_images : input.next_images * (thread + 1) / threads;
  const int64_t first_byte = by_inputs ? size * thread / threads : 0, end_byte = by_inputs ? size * (thread + 1) / threads : size;
  // Tasks of a thread are a contiguous run (see ThreadPool): this is number `i` of `count`.
  const int64_t begin = int64_t{tasks} * thread / threads, count = int64_t{tasks} * (thread + 1) / threads - begin, i = task - begin;
  const int64_t images = end_image - first_image;
  for (int64_t n = first_image + images * i / count; n < first_image + images * (i + 1) / count; ++n) {
    const uint8_t* const pixels = input.samples->pixels + input.next_indices[n] * size;
    for (int64_t byte = first_byte; byte < end_byte; byte += kCacheLine) __builtin_prefetch(pixels + byte, 0, 2);
  }
}

template <bool kProfiled>
void CpuProgram::run_task(const BoundStage& stage, int number, int thread, const Step& step) {
  const plan::Task& task = stage.tasks[static_cast<size_t>(number)];
  if (&stage == &stages_.back()) fetch_ahead(number, static_cast<int>(stage.tasks.size()), thread, *step.input);
  Context context;
  context.scratch = scratch_[static_cast<size_t>(thread)].data();
  context.workspace = workspace_[static_cast<size_t>(thread)].data();
  context.step = &step;
  context.task = number;
  const auto call = [&](const BoundOp& op, int index) {
    if constexpr (kProfiled) {
      const int64_t start = core::now_ns();
      op.run(op, context);
      thread_ns_[static_cast<size_t>(thread)][static_cast<size_t>(stage.numbers[static_cast<size_t>(index)])] += core::now_ns() - start;
    } else {
      op.run(op, context);
    }
  };
  const int end_op = task.first_op + task.op_count;
  if (stage.axis == Axis::kImages) {
    for (int64_t begin = task.begin; begin < task.end; begin += stage.chunk) {
      context.image_begin = begin;
      context.images = std::min(stage.chunk, task.end - begin);
      context.first = begin == task.begin;
      for (int i = task.first_op; i < end_op; ++i) {
        const BoundOp& op = stage.ops[static_cast<size_t>(i)];
        context.row_end = op.rows;
        call(op, i);
      }
    }
    return;
  }
  context.images = plan_.batch;
  for (int i = task.first_op; i < end_op; ++i) {
    const BoundOp& op = stage.ops[static_cast<size_t>(i)];
    if (op.once && task.begin != 0) continue;
    context.row_begin = task.begin;
    context.row_end = op.once ? op.rows : task.end;
    call(op, i);
  }
}

template <bool kProfiled>
void CpuProgram::run_stages(const StepInput& input, StepOutput& output) {
  if (!same_tables(tables_, *input.normalisation)) make_tables(*input.normalisation, kernels_.fused_multiply_add, pixels_.background, tables_);
  StepInput pass = input;
  Step step;
  step.input = &pass;
  step.gather = &tables_;
  step.learning_rate = static_cast<float>(input.learning_rate);
  step.predictions = plan_.mode == plan::Mode::kEvaluate ? output.predictions : nullptr;
  for (int64_t p = 0; p < plan_.passes; ++p) {
    pass.first_image = p * plan_.batch;
    pass.indices = input.indices + pass.first_image;
    step.losses = losses_.data() + pass.first_image;
    step.correct = correct_.data() + pass.first_image;
    for (const BoundStage& stage : stages_) {
      if (stage.last_pass && p + 1 < plan_.passes) continue;
      const auto tasks = static_cast<int>(stage.tasks.size());
      auto run = [&](int task, int thread) { run_task<kProfiled>(stage, task, thread, step); };
      if (threads_ > 1) pool_.run(tasks, run);
      else
        for (int task = 0; task < tasks; ++task) run(task, 0);
    }
  }
  double loss = 0;
  int64_t correct = 0;
  for (size_t i = 0; i < losses_.size(); ++i) {
    loss += losses_[i];
    correct += correct_[i];
  }
  output.loss = loss / static_cast<double>(plan_.batch * plan_.passes);
  output.correct = correct;
}

void CpuProgram::run(const StepInput& input, StepOutput& output) { run_stages<false>(input, output); }

void CpuProgram::run_profiled(const StepInput& input, StepOutput& output, int64_t* op_ns) {
  for (auto& times : thread_ns_) std::fill(times.begin(), times.end(), 0);
  run_stages<true>(input, output);
  for (const auto& times : thread_ns_) {
    for (size_t i = 0; i < times.size(); ++i) op_ns[i] += times[i];
  }
}

// Bytes of the tensors of each kind; where they share bytes of the arena over time, each counts for itself up to the
// arena's size, in the order gradients, activations, and the rest is workspace.
MemoryUse CpuProgram::memory() const {
  MemoryUse use;
  use.parameters = state_.bytes(plan::Role::kParameter) + state_.bytes(plan::Role::kStatistic);
  use.optimiser_state = state_.bytes(plan::Role::kOptimiserState);
  int64_t gradients = 0, activations = 0;
  for (size_t t = 0; t < plan_.tensors.size(); ++t) {
    const plan::Tensor& tensor = plan_.tensors[t];
    if (tensor.offset < 0 || tensor.alias_of >= 0) continue;
    const int64_t copies = tensor.storage == plan::Storage::kScratch ? threads_ : 1;
    const int64_t chunk = tensor.storage == plan::Storage::kScratch ? std::max<int64_t>(1, stages_.front().chunk) : 0;
    const int64_t bytes = plan::stored_bytes(tensor, chunk) * copies;
    if (static_cast<int>(t) == plan_.input) use.input += bytes;
    else if (tensor.role == plan::Role::kParameterGradient || tensor.role == plan::Role::kGradient || (tensor.role == plan::Role::kPartial && !tensor.batched))
      gradients += bytes;
    else activations += bytes;
  }
  int64_t total = arena_.bytes();
  for (const Buffer& buffer : scratch_) total += buffer.bytes();
  use.input = std::min(use.input, total);
  use.gradients = std::min(gradients, total - use.input);
  use.activations = std::min(activations, total - use.input - use.gradients);
  use.workspace = total - use.input - use.gradients - use.activations + state_.bytes(plan::Role::kDerived);
  for (const Buffer& buffer : workspace_) use.workspace += buffer.bytes();
  return use;
}

}  // namespace trainmark::backends::cpu
