// Loading checks everything before it changes anything.
#include "backends/reference/state.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/suggest.hpp"
#include "plan/state_shapes.hpp"

namespace trainmark::backends::reference {
namespace {

using core::Result;
using core::usage_error;

int64_t element_count(const std::vector<int64_t>& shape) {
  int64_t count = 1;
  for (const int64_t extent : shape) count *= extent;
  return count;
}

}  // namespace

template <class T>
Result<void> State<T>::add(const plan::Plan& plan, bool magnitudes) {
  const auto shapes = plan::state_shapes(plan);
  for (const auto& [name, shape] : shapes) {
    const auto found = tensors_.find(name);
    if (found == tensors_.end() || found->second.shape == shape) continue;
    return core::tool_error(fmt::format(
        "The plan of '{}' has the state tensor '{}' with shape ({}), but another plan of this engine has it with ({}); give each network an engine of its own.",
        plan.network, name, fmt::join(shape, ", "), fmt::join(found->second.shape, ", ")));
  }
  for (const plan::Tensor& t : plan.tensors) {
    if (t.storage != plan::Storage::kState || tensors_.count(t.name) != 0) continue;
    const auto size = static_cast<size_t>(t.shape.size());
    tensors_[t.name] = {shapes.at(t.name), t.role, std::vector<T>(size), std::vector<T>(magnitudes ? size : 0)};
  }
  trains_ = trains_ || plan.mode == plan::Mode::kTrain;
  return {};
}

template <class T>
Result<void> State<T>::check_name(const std::string& name) const {
  if (name == "step" || tensors_.count(name) != 0) return {};
  const auto parameter = tensors_.find(name.substr(0, name.rfind('.')));
  if (!trains_ && parameter != tensors_.end() && parameter->second.role == plan::Role::kParameter) return {};
  std::vector<std::string> known;
  for (const auto& [other, tensor] : tensors_) known.push_back(other);
  return usage_error(fmt::format("The state has a tensor '{}' that the network and its optimiser do not have{}; load the state of the same network and recipe.",
                                 name, core::did_you_mean(name, known)));
}

template <class T>
Result<void> State<T>::load(const core::TensorMap& given) {
  if (tensors_.empty()) return core::tool_error("The engine has no state to load into; compile a plan first.");
  for (const auto& [name, tensor] : given) {
    if (const auto known = check_name(name); !known) return known.error();
  }
  for (const auto& [name, tensor] : tensors_) {
    const auto found = given.find(name);
    if (found == given.end()) {
      if (tensor.role == plan::Role::kOptimiserState) continue;
      return usage_error(fmt::format("The state lacks the tensor '{}' of shape ({}); load a state that has all parameters and statistics.", name,
                                     fmt::join(tensor.shape, ", ")));
    }
    if (found->second.shape != tensor.shape || found->second.size() != element_count(tensor.shape)) {
      return usage_error(fmt::format("The state's tensor '{}' has the shape ({}), but the network needs ({}); load the state of the same network.", name,
                                     fmt::join(found->second.shape, ", "), fmt::join(tensor.shape, ", ")));
    }
    if (std::holds_alternative<std::vector<int64_t>>(found->second.values)) {
      return usage_error(fmt::format("The state's tensor '{}' holds integers (I64); save it as F32 or F64.", name));
    }
  }
  for (auto& [name, tensor] : tensors_) {
    std::vector<T>& to = tensor.values;
    const auto found = given.find(name);
    if (found == given.end()) {
      std::fill(to.begin(), to.end(), T{0});
    } else {
      std::visit([&to](const auto& from) { std::transform(from.begin(), from.end(), to.begin(), [](auto v) { return static_cast<T>(v); }); },
                 found->second.values);
    }
  }
  return {};
}

template <class T>
core::TensorMap State<T>::dump() const {
  core::TensorMap out;
  for (const auto& [name, tensor] : tensors_) out[name] = {tensor.shape, tensor.values};
  return out;
}

template class State<float>;
template class State<double>;

}  // namespace trainmark::backends::reference
