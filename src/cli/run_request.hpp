// From what the user typed to what the supervisor runs: names become values, datasets are loaded, platforms looked up.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/run_arguments.hpp"
#include "core/result.hpp"
#include "data/dataset.hpp"
#include "trial/supervisor.hpp"
#include "workload/study.hpp"

namespace trainmark::cli {

/// Everything resolved. Experiments point into `datasets`, hence the map, whose values stay where they are, and no copies.
struct Request {
  workload::Study study;
  std::map<std::string, data::Dataset> datasets;  ///< by the name that the user gave
  std::vector<trial::Experiment> experiments;
  std::map<std::string, std::vector<std::string>> labels;  ///< hash of a workload -> what the study calls it: it may stand in several of its sweeps
  std::vector<trial::SkipRecord> skips;
  Request() = default;
  Request(Request&&) = default;
  Request& operator=(Request&&) = default;
};

/// The study that the arguments ask for: a built-in one, a file, or one network; with the user's overrides.
core::Result<workload::Study> requested_study(const RunArguments& arguments);

/// Loads and resolves.
core::Result<Request> resolve_request(workload::Study study, const RunArguments& arguments);

/// Everything that was asked for, as JSON; its hash finds the run to resume.
core::Json request_json(const Request& request, const RunArguments& arguments);

}  // namespace trainmark::cli
