// A plan bound to memory: one closure per operation over buffers that were allocated once, run in the plan's order.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "backends/reference/context.hpp"
#include "backends/reference/loss.hpp"
#include "backends/reference/state.hpp"

namespace trainmark::backends::reference {

struct ExecutionOptions {
  uint64_t order_seed = 0;         ///< 0: sums in their natural order; else permuted, each operation in its own way
  uint64_t disturb_seed = 0;       ///< 0: inputs as they are; else disturbed, see disturb.hpp
  bool magnitudes = false;         ///< the state was added with the same
  Decisions* decisions = nullptr;  ///< null: not counted
};

template <class T>
class Execution {
 public:
  /// The plan is valid, unfused and row-major, and its state was added to `state`; state and pool outlive this object.
  /// `plan_error` says beforehand what cannot be bound.
  Execution(const plan::Plan& plan, State<T>& state, core::ThreadPool& pool, const ExecutionOptions& options);
  Execution(const Execution&) = delete;
  Execution& operator=(const Execution&) = delete;

  /// Runs the operations up to the end of `last`; adds each one's nanoseconds to op_ns[i] where that is not null.
  void run(const StepInput& input, StepResults& results, plan::Phase last = plan::Phase::kUpdate, int64_t* op_ns = nullptr);

  const plan::Plan& plan() const { return plan_; }
  Array<T> array(int tensor) const;
  std::string kernel(int op) const;
  MemoryUse memory() const;

 private:
  struct Buffer {
    std::vector<T> values, magnitudes;
    std::vector<uint8_t> bytes;
  };
  using Bound = std::function<void(const StepInput&, StepResults&)>;

  int root(int tensor) const;
  uint8_t* bytes(int tensor);
  std::vector<Array<T>> arrays(const std::vector<int>& tensors) const;
  Context<T> context(size_t op);
  void allocate(size_t tensor);
  Bound bind(size_t op);
  Bound bind_linear(const plan::Op& op, const Context<T>& context);
  Bound bind_elementwise(const plan::Op& op, const Context<T>& context);
  Bound bind_pool(const plan::Op& op, const Context<T>& context);
  Bound bind_norm(const plan::Op& op, const Context<T>& context);
  Bound bind_ends(const plan::Op& op, const Context<T>& context);

  plan::Plan plan_;
  State<T>& state_;
  core::ThreadPool& pool_;
  ExecutionOptions options_;
  std::vector<Scratch<T>> scratch_;   // one per thread
  std::vector<Buffer> buffers_;       // one per tensor; empty for state and aliases
  std::vector<T> channels_;           // as many as the widest batch-norm has
  std::vector<ImageLoss<T>> images_;  // (batch)
  std::vector<Bound> ops_;            // one per operation of the plan
};

/// Why the reference cannot run this plan, or success.
core::Result<void> check_plan(const plan::Plan& plan);

}  // namespace trainmark::backends::reference
