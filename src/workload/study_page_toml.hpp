// The page of a study in its file: [[table]], [[figure]], [[claim]], [[missing]] and the keys around them.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "workload/study_page.hpp"
#include "workload/toml_table.hpp"

namespace trainmark::workload {

/// Reads the page's keys from the study's own table. `labels` are those of the study's workloads, which tables, figures and claims may name.
/// The error, if any, has file, line and the nearest right spelling.
std::optional<core::Error> read_page(TomlTable& study, std::string_view file, const std::vector<std::string>& labels, StudyPage& page);

}  // namespace trainmark::workload
