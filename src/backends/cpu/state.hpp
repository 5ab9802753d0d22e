// The state of one workload in the engine's layouts: parameters, optimiser state, statistics, and transposed copies.
//
// Shared by the programs of an engine. Tensors keep their address once added, so programs bind pointers to them. Files
// hold PyTorch's layout; only loading and dumping translate.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "backends/cpu/buffer.hpp"
#include "core/result.hpp"
#include "core/tensor_file.hpp"
#include "plan/plan.hpp"

namespace trainmark::backends::cpu {

struct StateTensor {
  plan::Tensor tensor;         ///< layout, role and shape; for a derived copy, those of the copy
  std::vector<int64_t> shape;  ///< as files hold it; empty for derived copies, which files do not hold
  std::string derived_from;    ///< name of the parameter, for derived copies
  Buffer values;
};

class State {
 public:
  /// Adds the tensors of a plan that engine_plan made, zero. Error: a tensor is there already with another shape.
  core::Result<void> add(const plan::Plan& plan);

  /// As Engine::load. Optimiser state is ignored as long as no training plan was added.
  core::Result<void> load(const core::TensorMap& given);
  core::TensorMap dump() const;

  uint8_t* data(const std::string& name) const { return tensors_.at(name).values.data(); }
  /// Bytes of all tensors of a role.
  int64_t bytes(plan::Role role) const;

 private:
  core::Result<void> check(const core::TensorMap& given) const;
  void refresh_derived();

  std::map<std::string, StateTensor> tensors_;
  bool trains_ = false;
};

}  // namespace trainmark::backends::cpu
