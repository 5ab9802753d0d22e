// A study in minutes instead of hours: fewer epochs, repetitions and batches, the same workloads and platforms.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "workload/toml_table.hpp"

namespace trainmark::workload {

struct Study;

/// What replaces the full scale; what is not set stays.
struct SmallScale {
  std::optional<int64_t> repetitions;  ///< of the study
  std::optional<int64_t> epochs, max_batches, train_count;
  std::optional<bool> skip;  ///< of a workload: it is left out
};

/// Reads the key `small`, an inline table or [small]. `of_study`: whether it may hold repetitions.
std::optional<core::Error> read_small_scale(TomlTable& table, std::string_view file, bool of_study, std::optional<SmallScale>& place);

/// The study with its own small scale, each workload with its own where it has one. Usage error: the study has none.
core::Result<Study> at_small_scale(Study study);

}  // namespace trainmark::workload
