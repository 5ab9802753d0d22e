// Buffers of a plan, and the loop over its bound operations.
#include "backends/reference/execution.hpp"

#include <fmt/format.h>

#include "core/clock.hpp"

namespace trainmark::backends::reference {

core::Result<void> check_plan(const plan::Plan& plan) {
  using plan::OpKind;
  for (const plan::Op& op : plan.ops) {
    const bool engines_own = op.kind == OpKind::kConvertLayout || op.kind == OpKind::kTranspose || op.kind == OpKind::kReducePartials ||
                             op.kind == OpKind::kDenseRanges || op.kind == OpKind::kSumRanges;
    if (engines_own || op.fused_relu || op.accumulate_chunks) {
      return core::tool_error(
          fmt::format("The plan of '{}' has the operation '{}' ({}), which belongs to another engine; give the reference a plan as training_plan makes it.",
                      plan.network, op.name, plan::op_name(op.kind)));
    }
    if (op.kind != OpKind::kMaxPool) continue;
    const auto& window = plan::attributes<plan::PoolAttributes>(op).window;
    if (window.kernel_h * window.kernel_w > 256) {
      return core::usage_error(fmt::format("The max-pooling '{}' of '{}' has a {}x{} window; at most 256 elements are possible, choose a smaller one.", op.name,
                                           plan.network, window.kernel_h, window.kernel_w));
    }
  }
  return {};
}

template <class T>
Execution<T>::Execution(const plan::Plan& plan, State<T>& state, core::ThreadPool& pool, const ExecutionOptions& options)
    : plan_(plan), state_(state), pool_(pool), options_(options), scratch_(static_cast<size_t>(pool.threads())), buffers_(plan.tensors.size()) {
  images_.resize(static_cast<size_t>(plan.batch));
  for (size_t t = 0; t < plan_.tensors.size(); ++t) allocate(t);
  for (size_t i = 0; i < plan_.ops.size(); ++i) ops_.push_back(bind(i));
}

template <class T>
void Execution<T>::allocate(size_t tensor) {
  const plan::Tensor& t = plan_.tensors[tensor];
  if (t.alias_of >= 0 || t.storage == plan::Storage::kState) return;
  const auto size = static_cast<size_t>(t.shape.size());
  if (t.type == plan::DataType::kReal) {
    buffers_[tensor].values.resize(size);
    buffers_[tensor].magnitudes.resize(options_.magnitudes ? size : 0);
  } else {
    buffers_[tensor].bytes.resize(size);
  }
}

template <class T>
int Execution<T>::root(int tensor) const {
  while (plan_.tensors[static_cast<size_t>(tensor)].alias_of >= 0) tensor = plan_.tensors[static_cast<size_t>(tensor)].alias_of;
  return tensor;
}

template <class T>
Array<T> Execution<T>::array(int tensor) const {
  const plan::Tensor& owner = plan_.tensors[static_cast<size_t>(root(tensor))];
  const plan::Extents& shape = plan_.tensors[static_cast<size_t>(tensor)].shape;
  if (owner.storage == plan::Storage::kState) {
    StateTensor<T>& held = state_[owner.name];
    return {held.values.data(), options_.magnitudes ? held.magnitudes.data() : nullptr, shape};
  }
  // Buffers belong to this object and never move; constness would only have to be cast away by every kernel.
  auto& buffer = const_cast<Buffer&>(buffers_[static_cast<size_t>(root(tensor))]);
  return {buffer.values.data(), options_.magnitudes ? buffer.magnitudes.data() : nullptr, shape};
}

template <class T>
uint8_t* Execution<T>::bytes(int tensor) {
  return buffers_[static_cast<size_t>(root(tensor))].bytes.data();
}

template <class T>
std::vector<Array<T>> Execution<T>::arrays(const std::vector<int>& tensors) const {
  std::vector<Array<T>> out;
  for (const int tensor : tensors) {
    const bool real = plan_.tensors[static_cast<size_t>(tensor)].type == plan::DataType::kReal;
    out.push_back(real ? array(tensor) : Array<T>{});
  }
  return out;
}

template <class T>
Context<T> Execution<T>::context(size_t op) {
  const uint64_t seed = options_.order_seed == 0 ? 0 : mix_bits(options_.order_seed + op) | 1;
  return {&pool_, &scratch_, seed, options_.decisions};
}

template <class T>
void Execution<T>::run(const StepInput& input, StepResults& results, plan::Phase last, int64_t* op_ns) {
  StepInput pass = input;
  StepResults sums = results, part = results;
  sums.loss = sums.loss_magnitude = 0;
  sums.correct = 0;
  for (int64_t p = 0; p < plan_.passes; ++p) {
    pass.first_image = p * plan_.batch;
    pass.indices = input.indices + pass.first_image;
    for (size_t i = 0; i < ops_.size(); ++i) {
      const plan::Phase phase = plan_.ops[i].phase;
      if (phase > last || (phase == plan::Phase::kUpdate && p + 1 < plan_.passes)) continue;
      const int64_t begin_ns = op_ns == nullptr ? 0 : core::now_ns();
      ops_[i](pass, part);
      if (op_ns != nullptr) op_ns[i] += (core::now_ns() - begin_ns) * pool_.threads();  // all of them work on it, or wait for it
    }
    sums.loss += part.loss / static_cast<double>(plan_.passes);
    sums.loss_magnitude += part.loss_magnitude / static_cast<double>(plan_.passes);
    sums.correct += part.correct;
  }
  results = sums;
}

template <class T>
std::string Execution<T>::kernel(int op) const {
  using plan::OpKind;
  switch (plan_.ops[static_cast<size_t>(op)].kind) {
    case OpKind::kConv2d:
    case OpKind::kConv2dGradData:
    case OpKind::kConv2dGradWeights:
    case OpKind::kDense:
    case OpKind::kDenseGradData:
    case OpKind::kDenseGradWeights:
    case OpKind::kBatchNormTrain:
    case OpKind::kBatchNormGrad:
    case OpKind::kLayerNorm:
    case OpKind::kLayerNormGradWeights:
      return tile_kernels<T>().name;
    default:
      return "plain loops";
  }
}

template <class T>
MemoryUse Execution<T>::memory() const {
  MemoryUse use;
  for (size_t i = 0; i < plan_.tensors.size(); ++i) {
    const plan::Tensor& t = plan_.tensors[i];
    if (t.alias_of >= 0) continue;
    const int64_t size = t.shape.size() * (t.type == plan::DataType::kReal ? static_cast<int64_t>(sizeof(T)) : 1);
    switch (t.role) {
      case plan::Role::kParameter:
      case plan::Role::kStatistic:
        use.parameters += size;
        break;
      case plan::Role::kOptimiserState:
        use.optimiser_state += size;
        break;
      case plan::Role::kGradient:
      case plan::Role::kParameterGradient:
      case plan::Role::kPartial:
        use.gradients += size;
        break;
      default:
        (static_cast<int>(i) == plan_.input ? use.input : use.activations) += size;
    }
  }
  use.workspace = static_cast<int64_t>(scratch_.size() * sizeof(Scratch<T>) + channels_.size() * sizeof(T) + images_.size() * sizeof(ImageLoss<T>));
  return use;
}

template class Execution<float>;
template class Execution<double>;

}  // namespace trainmark::backends::reference
