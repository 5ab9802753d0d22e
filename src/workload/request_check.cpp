// One line per member; messages name the flag of the command line and the key of the study file.
#include "workload/request_check.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "network/hidden.hpp"

namespace trainmark::workload {
namespace {

std::optional<RequestProblem> outside(std::string_view key, const std::optional<int64_t>& value, int64_t low, int64_t high) {
  if (!value || (*value >= low && *value <= high)) return std::nullopt;
  return RequestProblem{std::string(key), fmt::format("{} must be a whole number from {} to {}, not {}", flag_and_key(key), low, high, *value)};
}

}  // namespace

std::string flag_and_key(std::string_view key) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kFlags = {{{"epochs", "--epochs"},
                                                                                           {"batch_size", "--batch-size"},
                                                                                           {"max_batches", "--max-batches"},
                                                                                           {"learning_rate", "--lr"},
                                                                                           {"momentum", "--momentum"},
                                                                                           {"seed", "--seed"},
                                                                                           {"dataset", "--dataset"},
                                                                                           {"train_count", "--train-count"},
                                                                                           {"hidden", "--hidden"}}};
  for (const auto& [name, flag] : kFlags) {
    if (name == key) return fmt::format("{} ({})", flag, key);
  }
  return fmt::format("'{}'", key);
}

std::optional<RequestProblem> find_problem(const WorkloadRequest& r) {
  if (auto problem = outside("epochs", r.epochs, 1, kMaxEpochs)) return problem;
  if (auto problem = outside("batch_size", r.batch_size, 0, kMostSamples)) return problem;
  if (auto problem = outside("max_batches", r.max_batches, 1, kMostSamples)) return problem;
  if (auto problem = outside("train_count", r.train_count, 1, kMostSamples)) return problem;
  if (auto problem = outside("hidden", r.hidden, 1, network::kMostHidden)) return problem;
  if (auto problem = outside("validation_count", r.validation_count, 0, kMostSamples)) return problem;
  if (r.learning_rate && !(std::isfinite(*r.learning_rate) && *r.learning_rate > 0)) {
    return RequestProblem{"learning_rate", fmt::format("{} must be a finite number above 0, not {}", flag_and_key("learning_rate"), *r.learning_rate)};
  }
  if (r.momentum && !(*r.momentum >= 0 && *r.momentum < 1)) {
    return RequestProblem{"momentum", fmt::format("{} must be at least 0 and below 1, not {}", flag_and_key("momentum"), *r.momentum)};
  }
  return std::nullopt;
}

}  // namespace trainmark::workload
