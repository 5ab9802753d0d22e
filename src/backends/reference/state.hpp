// The state of one workload: parameters, optimiser state and running statistics, in PyTorch's shapes.
//
// Shared by the programs of an engine. Tensors keep their address once added, so programs bind pointers to them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/tensor_file.hpp"
#include "plan/plan.hpp"

namespace trainmark::backends::reference {

template <class T>
struct StateTensor {
  std::vector<int64_t> shape;
  plan::Role role = plan::Role::kParameter;
  std::vector<T> values;
  std::vector<T> magnitudes;  ///< of the last change; empty when not asked for
};

template <class T>
class State {
 public:
  /// Adds the plan's tensors, zero. Error: a tensor is there already with another shape.
  core::Result<void> add(const plan::Plan& plan, bool magnitudes);

  /// Replaces all values; optimiser state that is not given becomes zero. Keys that are ignored: "step", and optimiser
  /// state ("PARAMETER.SUFFIX") as long as no training plan was added. Errors: missing, unknown, of another shape.
  core::Result<void> load(const core::TensorMap& tensors);
  core::TensorMap dump() const;

  StateTensor<T>& operator[](const std::string& name) { return tensors_.at(name); }
  std::map<std::string, StateTensor<T>>& tensors() { return tensors_; }

 private:
  core::Result<void> check_name(const std::string& name) const;

  std::map<std::string, StateTensor<T>> tensors_;
  bool trains_ = false;
};

extern template class State<float>;
extern template class State<double>;

}  // namespace trainmark::backends::reference
