#include "cli/machine_state.hpp"

#include "core/build_info.hpp"
#include "trial/environment.hpp"

namespace trainmark::cli {

core::Json machine_state() {
  const core::Json cpu = trial::describe_cpu(), system = trial::describe_system();
  return {{"cpu", cpu.value("model", core::Json())},        {"microcode", cpu.value("microcode", core::Json())},
          {"allowed", cpu.value("allowed", core::Json())},  {"governor", cpu.value("governor", core::Json())},
          {"kernel", system.value("kernel", core::Json())}, {"version", core::build_info().version}};
}

}  // namespace trainmark::cli
