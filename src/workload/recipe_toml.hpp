// The keys of a workload that say how it is trained: of a study file, and of the command line.
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"
#include "workload/study.hpp"
#include "workload/toml_table.hpp"

namespace trainmark::workload {

/// Takes every key of a recipe that the table has; the other members stay. Numbers are not checked: request_check.hpp.
void read_recipe(TomlTable& table, WorkloadRequest& request);

/// The same from texts like "weight_decay=1e-4" and "optimiser=adam", where words need no quotation marks. Usage error: no such key, or a value of
/// another type.
core::Result<void> override_recipe(const std::vector<std::string>& settings, WorkloadRequest& request);

}  // namespace trainmark::workload
