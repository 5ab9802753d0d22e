// Engine and Program around State and Execution; runs are synchronous.
#include "backends/reference/engine.hpp"

#include <fmt/format.h>

#include "backends/reference/execution.hpp"
#include "backends/reference/neighbours.hpp"

namespace trainmark::backends::reference {
namespace {

template <class T>
class ReferenceProgram : public Program {
 public:
  ReferenceProgram(const plan::Plan& plan, State<T>& state, core::ThreadPool& pool) : execution_(plan, state, pool, {}) {}

  void run(const StepInput& input, StepOutput& output) override { run_with(input, output, nullptr); }
  void run_profiled(const StepInput& input, StepOutput& output, int64_t* op_ns) override { run_with(input, output, op_ns); }
  void sync() override {}
  const plan::Plan& plan() const override { return execution_.plan(); }
  std::string kernel(int op) const override { return execution_.kernel(op); }
  MemoryUse memory() const override { return execution_.memory(); }

 private:
  void run_with(const StepInput& input, StepOutput& output, int64_t* op_ns) {
    StepResults results;
    results.predictions = output.predictions;
    execution_.run(input, results, plan::Phase::kUpdate, op_ns);
    output.loss = results.loss;
    output.correct = results.correct;
  }

  Execution<T> execution_;
};

template <class T>
class ReferenceEngine : public Engine {
 public:
  explicit ReferenceEngine(int threads) : pool_(threads) {}

  core::Result<std::unique_ptr<Program>> compile(const plan::Plan& plan) override {
    if (const auto runnable = check_plan(plan); !runnable) return runnable.error();
    if (const auto added = state_.add(plan, false); !added) return added.error();
    return std::unique_ptr<Program>(std::make_unique<ReferenceProgram<T>>(plan, state_, pool_));
  }
  core::Result<void> load(const core::TensorMap& state) override { return state_.load(state); }
  core::TensorMap dump() const override { return state_.dump(); }

 private:
  core::ThreadPool pool_;
  State<T> state_;
};

}  // namespace

core::Result<std::unique_ptr<Engine>> create_engine(const EngineOptions& options) {
  if (options.threads < 1) return core::usage_error(fmt::format("The reference cannot run on {} threads; ask for at least 1.", options.threads));
  if (options.dtype.empty() || options.dtype == "float64") return std::unique_ptr<Engine>(std::make_unique<ReferenceEngine<double>>(options.threads));
  if (options.dtype == "float32") return std::unique_ptr<Engine>(std::make_unique<ReferenceEngine<float>>(options.threads));
  return core::usage_error(fmt::format("The reference does not know the data type '{}'; choose float64 or float32.", options.dtype));
}

BackendInfo info() {
  BackendInfo info;
  info.name = "reference";
  info.description = "plain loops in double precision: defines the arithmetic that the other platforms are checked against";
  info.version = "built in";
  info.dtypes = {"float64", "float32"};
  info.create = create_engine;
  info.create_neighbours = create_neighbours;
  return info;
}

}  // namespace trainmark::backends::reference
