// Studies: TOML files that say which workloads run on which platforms, how often, and what is varied.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "data/dataset.hpp"
#include "workload/own_network.hpp"
#include "workload/small_scale.hpp"
#include "workload/study_page.hpp"
#include "workload/workload.hpp"

namespace trainmark::workload {

/// One platform of a study. `name` may carry a mode and an environment: "pytorch-cpu@2.4:compile".
struct PlatformChoice {
  std::string name;
  double share = 1;                       ///< part of the training that this platform runs, for platforms too slow for the whole; (0, 1]
  bool by_hand = false;                   ///< named on the command line: lacking it is an error, not a skip
  std::vector<std::string> command = {};  ///< starts a worker of the user's own; empty: a platform of this build
  std::string command_place = "";         ///< "FILE:LINE" of the command
  std::string python = "";                ///< the user's own Python for the adapter of a framework; empty: that of 'trainmark setup'
};

/// What the user or a study asks for, before names become values. Unset members keep the study's or network's default.
struct WorkloadRequest {
  std::string network;
  std::optional<OwnNetwork> own;       ///< its definition, where it is not of the zoo
  std::string label;                   ///< what the study calls it, where it trains a network in several ways; "": the network's name
  std::vector<std::string> platforms;  ///< of the study's, those that it runs on; empty: all
  std::vector<std::string> published;  ///< platforms of the published study that trained this one; empty: all
  std::optional<SmallScale> small;     ///< of its own, at small scale
  std::string dataset;
  std::optional<int64_t> epochs, batch_size, max_batches, train_count, validation_count;
  std::optional<int64_t> hidden;  ///< width of the hidden layers of a perceptron (network/hidden.hpp)
  std::optional<double> learning_rate, momentum;
  std::optional<bool> shuffle;
  std::optional<data::LastBatch> last_batch;
  std::optional<uint64_t> seed;
  std::optional<plan::Optimiser::Kind> optimiser;
  std::optional<bool> nesterov;
  std::optional<double> weight_decay, beta1, beta2, alpha, epsilon, label_smoothing, clip_norm;
  std::optional<plan::Schedule> schedule;
  std::optional<plan::Loss::Kind> loss;
  std::optional<int64_t> passes;
  std::optional<Validation> validation;
};

/// Repetitions that a precision may take where nobody says how many.
inline constexpr int64_t kMostRepetitionsForPrecision = 30;

struct Study {
  std::string name;
  std::string description;
  std::vector<WorkloadRequest> workloads;
  std::vector<PlatformChoice> platforms;
  std::vector<OwnNetwork> networks;  ///< that the file defines
  int64_t repetitions = 1;           ///< at most, where a precision is asked for
  double precision = 0;              ///< as of trial::Experiment; 0: none
  std::vector<int> threads = {0};    ///< each is a sweep point; 0: all CPUs that the process may use
  std::string baseline;              ///< platform that ratios refer to; "": the first
  std::optional<SmallScale> small;   ///< what '--scale small' makes of it
  bool is_small = false;             ///< it has been made so
  StudyPage page;                    ///< tables, figures and claims of its report
  bool operations = false;           ///< steps are taken apart on every platform, as with '--operations'
  std::string text;                  ///< the TOML it came from, "" when built from the command line
};

/// Studies that come with the program: name and TOML text.
const std::vector<std::pair<std::string, std::string>>& built_in_studies();

/// Parses TOML. A file that defines networks may leave out the rest: it is then named after the file, trains every network
/// of its own, and runs on `cpu` and the workers that it brings. Unknown keys and wrong types are errors with file, line and the nearest right spelling.
core::Result<Study> parse_study(std::string_view toml, std::string_view file_name);

/// A built-in study of that name, or the study file at that path.
core::Result<Study> find_study(std::string_view name_or_path);

/// Whether the worker's command of a platform names a program. Usage error: file, line and where it was looked for.
core::Result<void> check_command(const PlatformChoice& platform);

/// The default recipe of each network of the zoo: the one of the study that it comes from.
Recipe default_recipe(std::string_view network);

/// Names become values: needs the loaded dataset for version, hash and counts.
core::Result<Workload> resolve(const WorkloadRequest& request, const data::Dataset& dataset);

}  // namespace trainmark::workload
