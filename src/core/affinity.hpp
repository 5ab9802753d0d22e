// The CPUs that a process may use, and how to give a process the first n of them.
#pragma once

#include <vector>

#include "core/result.hpp"

namespace trainmark::core {

/// Numbers of the CPUs that this process may run on, ascending.
std::vector<int> allowed_cpus();

/// Restricts the calling thread, and every thread and process that it starts, to `cpus`.
Result<void> set_allowed_cpus(const std::vector<int>& cpus);

}  // namespace trainmark::core
