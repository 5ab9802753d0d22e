// The arguments that `run` and `verify` share, as the user typed them.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace trainmark::cli {

struct RunArguments {
  std::string subject;  ///< study, study file, or network
  std::string file;     ///< TOML with networks and workers of the user's own
  std::vector<std::string> platforms;
  std::string python;  ///< the user's own, for the platforms of frameworks that are named by hand
  std::string dataset, data;
  std::optional<int64_t> epochs, max_batches, repetitions;
  std::vector<int64_t> batch_sizes, train_counts, hidden;  ///< each is a sweep point
  std::optional<double> learning_rate, momentum;
  std::optional<uint64_t> seed;
  std::vector<std::string> settings;  ///< "KEY=VALUE", of a study's workload
  std::vector<int> threads;
  std::string dtype = "float32";
  int64_t device = 0;
  std::string baseline, isa;
  double timeout_s = 600;
  double budget_s = 0;
  std::optional<double> precision;  ///< fraction: repetitions go on until intervals are so narrow
  bool noise_floor = false;
  std::optional<double> target_accuracy;  ///< fraction
  std::string out = "results";
  std::string label;  ///< what the user calls the machine
  std::string json, html;
  bool operations = false;
  std::string scale = "full";  ///< "full" or "small"
  bool resume = false, dry_run = false;
};

/// Options about what is trained, for both commands.
void add_workload_options(CLI::App& command, RunArguments& arguments);

/// Options about how a run is carried out and kept.
void add_run_options(CLI::App& command, RunArguments& arguments);

}  // namespace trainmark::cli
