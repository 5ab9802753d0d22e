// Whether the numbers of a request make sense by themselves, before any data set is known.
#pragma once

#include <optional>
#include <string>

#include "workload/study.hpp"

namespace trainmark::workload {

struct RequestProblem {
  std::string key;      ///< of the study file: "batch_size"
  std::string message;  ///< a whole sentence that names flag and key
};

/// The first number that cannot be, or nothing.
std::optional<RequestProblem> find_problem(const WorkloadRequest& request);

/// "--batch-size (batch_size)", or only the key where there is no flag: how messages name a member.
std::string flag_and_key(std::string_view key);

}  // namespace trainmark::workload
