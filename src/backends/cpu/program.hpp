// A compiled plan: runs steps over the engine's state.
#pragma once

#include <vector>

#include "backends/backend.hpp"
#include "backends/cpu/bind.hpp"
#include "core/thread_pool.hpp"

namespace trainmark::backends::cpu {

class CpuProgram : public Program {
 public:
  /// The plan comes from engine_plan, and the state has its tensors. Error: no kernel for an operation.
  static core::Result<std::unique_ptr<Program>> make(plan::Plan plan, State& state, const Kernels& kernels, core::ThreadPool& pool,
                                                     const data::PixelStatistics& pixels);

  void run(const StepInput& input, StepOutput& output) override;
  void run_profiled(const StepInput& input, StepOutput& output, int64_t* op_ns) override;
  void sync() override {}
  const plan::Plan& plan() const override { return plan_; }
  std::string kernel(int op) const override { return names_[static_cast<size_t>(op)]; }
  double executed_share(int op) const override { return executed_shares_[static_cast<size_t>(op)]; }
  MemoryUse memory() const override;

 private:
  CpuProgram(plan::Plan plan, State& state, const Kernels& kernels, core::ThreadPool& pool, const data::PixelStatistics& pixels);

  /// Whether a step is worth more than one thread. Its result is the same either way.
  bool pays_to_divide() const;
  template <bool kProfiled>
  void run_stages(const StepInput& input, StepOutput& output);
  void fetch_ahead(int task, int tasks, int thread, const StepInput& input) const;
  template <bool kProfiled>
  void run_task(const BoundStage& stage, int task, int thread, const Step& step);

  plan::Plan plan_;
  State& state_;
  const Kernels& kernels_;
  core::ThreadPool& pool_;
  data::PixelStatistics pixels_;
  int threads_ = 1;  // of the pool's, that steps run on
  Buffer arena_;
  std::vector<BoundStage> stages_;
  std::vector<Buffer> scratch_, workspace_;  // one per thread
  std::vector<std::string> names_;           // kernel of each operation
  std::vector<double> executed_shares_;      // of each operation
  GatherTables tables_;
  std::vector<double> losses_;                   // (batch)
  std::vector<uint8_t> correct_;                 // (batch)
  std::vector<std::vector<int64_t>> thread_ns_;  // (threads, ops), for profiles
};

}  // namespace trainmark::backends::cpu
