#include "workload/recipe_toml.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/suggest.hpp"
#include "workload/words.hpp"

namespace trainmark::workload {
namespace {

using core::Result;

// One of some words.
template <class Kinds, class Name, class Kind>
void read_kind(TomlTable& table, std::string_view key, const Kinds& kinds, Name name_of, std::optional<Kind>& place) {
  std::optional<std::string> word;
  table.read(key, word);
  if (!word) return;
  place = find_kind(kinds, name_of, *word);
  if (place) return;
  const auto known = kind_names(kinds, name_of);
  table.fail(key, fmt::format("'{}' of a workload must be one of {}, not '{}'{}", key, fmt::join(known, ", "), *word, core::did_you_mean(*word, known)));
}

// Five keys that mean something together; any of them replaces the schedule of the network's own recipe.
void read_schedule(TomlTable& table, std::optional<plan::Schedule>& place) {
  std::optional<plan::Schedule::Kind> kind;
  std::optional<int64_t> period, warm_up;
  std::optional<double> gamma, minimum, start;
  read_kind(table, "schedule", kSchedules, plan::schedule_name, kind);
  table.read("schedule_period", period);
  table.read("schedule_gamma", gamma);
  table.read("schedule_minimum", minimum);
  table.read("warm_up", warm_up);
  table.read("warm_up_start", start);
  if (!kind && !period && !gamma && !minimum && !warm_up && !start) return;
  plan::Schedule schedule;
  schedule.kind = kind.value_or(schedule.kind);
  schedule.period = period.value_or(schedule.period);
  schedule.gamma = gamma.value_or(schedule.gamma);
  schedule.minimum = minimum.value_or(schedule.minimum);
  schedule.warm_up = warm_up.value_or(schedule.warm_up);
  schedule.warm_up_start = start.value_or(schedule.warm_up_start);
  place = schedule;
}

/// The value of a setting as a table of one member: as TOML has it, else as a word.
Result<toml::table> one_member(const std::string& setting) {
  const size_t sign = setting.find('=');
  const std::string key = setting.substr(0, sign);
  const bool good_key = !key.empty() && key.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
  if (sign == std::string::npos || !good_key || setting.find_first_of("\r\n") != std::string::npos)
    return core::usage_error(fmt::format("--set {}: it must be KEY=VALUE, such as weight_decay=1e-4, with a key of a study's workload", setting));
  const std::string value = setting.substr(sign + 1);
  try {
    return toml::parse(key + " = " + value, std::string_view("--set"));
  } catch (const toml::parse_error&) {
    toml::table word;
    word.insert(key, value);
    return word;
  }
}

}  // namespace

void read_recipe(TomlTable& table, WorkloadRequest& request) {
  std::optional<int64_t> seed;
  table.read("epochs", request.epochs);
  table.read("max_batches", request.max_batches);
  table.read("validation_count", request.validation_count);
  table.read("learning_rate", request.learning_rate);
  table.read("momentum", request.momentum);
  table.read("shuffle", request.shuffle);
  read_kind(table, "last_batch", kLastBatches, last_batch_name, request.last_batch);
  read_kind(table, "optimiser", kOptimisers, plan::optimiser_name, request.optimiser);
  table.read("nesterov", request.nesterov);
  table.read("weight_decay", request.weight_decay);
  table.read("beta1", request.beta1);
  table.read("beta2", request.beta2);
  table.read("alpha", request.alpha);
  table.read("epsilon", request.epsilon);
  read_schedule(table, request.schedule);
  read_kind(table, "loss", kLosses, plan::loss_name, request.loss);
  table.read("label_smoothing", request.label_smoothing);
  table.read("clip_norm", request.clip_norm);
  table.read("passes", request.passes);
  read_kind(table, "validation", kValidations, validation_name, request.validation);
  table.read("seed", seed);
  if (seed && *seed < 0) table.fail("seed", fmt::format("'seed' of a workload must not be negative, but is {}", *seed));
  if (seed) request.seed = static_cast<uint64_t>(*seed);
}

Result<void> override_recipe(const std::vector<std::string>& settings, WorkloadRequest& request) {
  toml::table all;
  for (const std::string& setting : settings) {
    auto member = one_member(setting);
    if (!member) return member.error();
    for (auto&& [key, value] : *member) all.insert_or_assign(key.str(), value);
  }
  TomlTable table(all, "--set", "a workload");
  read_recipe(table, request);
  if (auto error = table.finish()) return *error;
  return {};
}

}  // namespace trainmark::workload
