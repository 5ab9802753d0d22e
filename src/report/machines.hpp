// The same work on several machines, in every form of a report.
#pragma once

#include <string>
#include <vector>

#include "analysis/machines.hpp"
#include "core/json.hpp"

namespace trainmark::report {

/// What the machine of each column is called: "machine 2" where nobody may know.
std::vector<std::string> machine_names(const analysis::MachineWorkload& workload, bool anonymous);
/// The same with its threads: "laptop, 2 threads".
std::vector<std::string> machine_headings(const analysis::MachineWorkload& workload, bool anonymous);

/// Headings, then a row for each platform: its median step on each machine. `anonymous`: machines have numbers instead of names.
std::vector<std::vector<std::string>> machine_rows(const analysis::MachineWorkload& workload, bool anonymous);
std::string machine_caption(const analysis::MachineWorkload& workload);

/// Tables and sentences; "" where the store has no other machine that did the same work.
std::string machines_text(const std::vector<analysis::MachineWorkload>& workloads, size_t width);
std::string machines_markdown(const std::vector<analysis::MachineWorkload>& workloads);
core::Json machines_json(const std::vector<analysis::MachineWorkload>& workloads, bool anonymous);

}  // namespace trainmark::report
