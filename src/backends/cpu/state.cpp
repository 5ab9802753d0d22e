// Loading checks everything before it changes anything.
#include "backends/cpu/state.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstring>

#include "core/suggest.hpp"
#include "plan/engine_passes.hpp"
#include "plan/state_shapes.hpp"

namespace trainmark::backends::cpu {
namespace {

using core::Result;
using core::usage_error;
using plan::Role;

// Where value (n, e) of a tensor lies.
int64_t position(const plan::Tensor& t, int64_t n, int64_t e) {
  return t.layout == plan::Layout::kTransposed ? e * plan::row_stride(t) + n : n * plan::row_stride(t) + e;
}

// Calls f(position as stored, position in the file) for every value.
template <class F>
void for_values(const plan::Tensor& t, const F& f) {
  const int64_t size = t.shape.per_image();
  for (int64_t n = 0; n < t.shape.n; ++n) {
    for (int64_t e = 0; e < size; ++e) f(position(t, n, e), n * size + e);
  }
}

float* floats(const StateTensor& tensor) { return reinterpret_cast<float*>(tensor.values.data()); }

}  // namespace

Result<void> State::add(const plan::Plan& plan) {
  auto shapes = plan::state_shapes(plan);
  for (const plan::Tensor& t : plan.tensors) {
    const auto found = tensors_.find(t.name);
    if (t.storage != plan::Storage::kState || found == tensors_.end()) continue;
    if (found->second.tensor.shape != t.shape || found->second.tensor.layout != t.layout) {
      return core::tool_error(
          fmt::format("The plan of '{}' has the state tensor '{}' with {} values, but another plan of this engine has it with {} in another "
                      "shape; give each network an engine of its own.",
                      plan.network, t.name, t.shape.size(), found->second.tensor.shape.size()));
    }
  }
  for (const plan::Tensor& t : plan.tensors) {
    if (t.storage != plan::Storage::kState || tensors_.count(t.name) != 0) continue;
    StateTensor added{t, shapes[t.name], {}, Buffer(plan::round_up(plan::stored_bytes(t), plan::kAlignment))};
    if (t.role == Role::kDerived) added.derived_from = t.name.substr(0, t.name.rfind('.'));
    tensors_.emplace(t.name, std::move(added));
  }
  trains_ = trains_ || plan.mode == plan::Mode::kTrain;
  refresh_derived();
  return {};
}

Result<void> State::check(const core::TensorMap& given) const {
  std::vector<std::string> known;
  for (const auto& [name, tensor] : tensors_) {
    if (tensor.derived_from.empty()) known.push_back(name);
  }
  for (const auto& [name, values] : given) {
    const auto found = tensors_.find(name);
    if (name == "step" || (found != tensors_.end() && found->second.derived_from.empty())) continue;
    const auto parameter = tensors_.find(name.substr(0, name.rfind('.')));
    if (!trains_ && parameter != tensors_.end() && parameter->second.tensor.role == Role::kParameter) continue;
    return usage_error(
        fmt::format("The state has a tensor '{}' that the network and its optimiser do not have{}; load the state of the same network and recipe.", name,
                    core::did_you_mean(name, known)));
  }
  for (const auto& [name, tensor] : tensors_) {
    if (!tensor.derived_from.empty()) continue;
    const auto found = given.find(name);
    if (found == given.end()) {
      if (tensor.tensor.role == Role::kOptimiserState) continue;
      return usage_error(fmt::format("The state lacks the tensor '{}' of shape ({}); load a state that has all parameters and statistics.", name,
                                     fmt::join(tensor.shape, ", ")));
    }
    if (found->second.shape != tensor.shape || found->second.size() != tensor.tensor.shape.size()) {
      return usage_error(fmt::format("The state's tensor '{}' has the shape ({}), but the network needs ({}); load the state of the same network.", name,
                                     fmt::join(found->second.shape, ", "), fmt::join(tensor.shape, ", ")));
    }
    if (std::holds_alternative<std::vector<int64_t>>(found->second.values)) {
      return usage_error(fmt::format("The state's tensor '{}' holds integers (I64); save it as F32 or F64.", name));
    }
  }
  return {};
}

Result<void> State::load(const core::TensorMap& given) {
  if (tensors_.empty()) return core::tool_error("The engine has no state to load into; compile a plan first.");
  if (const auto fits = check(given); !fits) return fits.error();
  for (auto& [name, tensor] : tensors_) {
    if (!tensor.derived_from.empty()) continue;
    std::memset(tensor.values.data(), 0, static_cast<size_t>(tensor.values.bytes()));
    const auto found = given.find(name);
    if (found == given.end()) continue;
    float* const to = floats(tensor);
    const plan::Tensor& shape = tensor.tensor;  // clang 14 captures no names of a structured binding
    std::visit(
        [&](const auto& values) {
          for_values(shape, [&](int64_t stored, int64_t file) { to[stored] = static_cast<float>(values[static_cast<size_t>(file)]); });
        },
        found->second.values);
  }
  refresh_derived();
  return {};
}

void State::refresh_derived() {
  for (auto& [name, tensor] : tensors_) {
    if (tensor.derived_from.empty()) continue;
    const StateTensor& from = tensors_.at(tensor.derived_from);
    const plan::Tensor& t = tensor.tensor;
    for (int64_t n = 0; n < t.shape.n; ++n) {
      for (int64_t e = 0; e < t.shape.per_image(); ++e) floats(tensor)[position(t, n, e)] = floats(from)[position(from.tensor, n, e)];
    }
  }
}

core::TensorMap State::dump() const {
  core::TensorMap out;
  for (const auto& [name, tensor] : tensors_) {
    if (!tensor.derived_from.empty()) continue;
    std::vector<float> values(static_cast<size_t>(tensor.tensor.shape.size()));
    const float* const from = floats(tensor);
    for_values(tensor.tensor, [&](int64_t stored, int64_t file) { values[static_cast<size_t>(file)] = from[stored]; });
    out[name] = {tensor.shape, std::move(values)};
  }
  return out;
}

int64_t State::bytes(Role role) const {
  int64_t sum = 0;
  for (const auto& [name, tensor] : tensors_) sum += tensor.tensor.role == role ? tensor.values.bytes() : 0;
  return sum;
}

}  // namespace trainmark::backends::cpu
