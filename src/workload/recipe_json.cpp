// Writing and reading a recipe. Which constants belong to which optimiser or schedule is said once, for both directions.
#include "workload/recipe_json.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>

#include "workload/json_take.hpp"
#include "workload/words.hpp"

namespace trainmark::workload {
namespace {

using core::Json;
using core::Result;
using core::usage_error;

// Calls member(key, value) for the constants of the optimiser's kind; `O` is Optimiser or const Optimiser.
template <class O, class F>
void each_constant(O& o, const F& member) {
  member("learning_rate", o.learning_rate);
  switch (o.kind) {
    case plan::Optimiser::Kind::kSgd:
      member("momentum", o.momentum);
      member("nesterov", o.nesterov);
      break;
    case plan::Optimiser::Kind::kAdam:
    case plan::Optimiser::Kind::kAdamW:
      member("beta1", o.beta1);
      member("beta2", o.beta2);
      member("epsilon", o.epsilon);
      break;
    case plan::Optimiser::Kind::kRmsprop:
      member("alpha", o.alpha);
      member("epsilon", o.epsilon);
      member("momentum", o.momentum);
      break;
  }
  member("weight_decay", o.weight_decay);
}

// The same for a schedule.
template <class S, class F>
void each_member(S& s, const F& member) {
  member("warm_up", s.warm_up);
  member("warm_up_start", s.warm_up_start);
  if (s.kind == plan::Schedule::Kind::kConstant) return;
  member("period", s.period);
  if (s.kind == plan::Schedule::Kind::kStep) member("gamma", s.gamma);
  else member("minimum", s.minimum);
}

// The word under `key` of `object` as one of `kinds`.
template <class Kinds, class Name, class Kind>
std::optional<core::Error> take_kind(const Json& object, std::string_view key, std::string_view where, const Kinds& kinds, Name name_of, Kind& place) {
  const auto word = core::get<std::string>(object, key, where);
  if (!word) return word.error();
  const auto kind = find_kind(kinds, name_of, *word);
  if (!kind) return usage_error(fmt::format("{}: '{}' must be one of {}, not '{}'", where, key, fmt::join(kind_names(kinds, name_of), ", "), *word));
  place = *kind;
  return std::nullopt;
}

Result<std::vector<double>> get_numbers(const Json& object, std::string_view key, std::string_view where) {
  const auto list = core::get<Json>(object, key, where);
  if (!list) return list.error();
  std::vector<double> numbers;
  for (const Json& item : *list) {
    if (!list->is_array() || !item.is_number()) break;
    numbers.push_back(item.get<double>());
  }
  if (!list->is_array() || numbers.size() != list->size()) {
    return usage_error(fmt::format("{}: '{}' must be a list of numbers, not {}", where, key, list->dump().substr(0, 40)));
  }
  return numbers;
}

std::optional<core::Error> read_optimiser(const Json& recipe, plan::Optimiser& optimiser) {
  const auto json = core::get<Json>(recipe, "optimiser", "the recipe");
  if (!json) return json.error();
  auto error = take_kind(*json, "kind", "the optimiser", kOptimisers, plan::optimiser_name, optimiser.kind);
  each_constant(optimiser, [&](const char* key, auto& place) { take(*json, key, "the optimiser", place, error); });
  return error;
}

std::optional<core::Error> read_schedule(const Json& recipe, plan::Schedule& schedule) {
  const auto json = core::get<Json>(recipe, "schedule", "the recipe");
  if (!json) return json.error();
  auto error = take_kind(*json, "kind", "the schedule", kSchedules, plan::schedule_name, schedule.kind);
  each_member(schedule, [&](const char* key, auto& place) { take(*json, key, "the schedule", place, error); });
  return error;
}

std::optional<core::Error> read_normalisation(const Json& json, Recipe& recipe) {
  Json normalisation;
  std::optional<core::Error> error;
  take(json, "normalisation", "the recipe", normalisation, error);
  take(normalisation, "divide_by", "the normalisation", recipe.divide_by, error);
  if (error) return error;
  auto mean = get_numbers(normalisation, "mean", "the normalisation");
  if (!mean) return mean.error();
  auto deviation = get_numbers(normalisation, "deviation", "the normalisation");
  if (!deviation) return deviation.error();
  recipe.mean = std::move(*mean);
  recipe.deviation = std::move(*deviation);
  return std::nullopt;
}

}  // namespace

Json recipe_to_json(const Recipe& recipe) {
  Json optimiser = {{"kind", plan::optimiser_name(recipe.optimiser.kind)}};
  each_constant(recipe.optimiser, [&](const char* key, const auto& value) { optimiser[key] = value; });
  Json schedule = {{"kind", plan::schedule_name(recipe.schedule.kind)}};
  each_member(recipe.schedule, [&](const char* key, const auto& value) { schedule[key] = value; });
  return {{"optimiser", std::move(optimiser)},
          {"schedule", std::move(schedule)},
          {"loss", plan::loss_name(recipe.loss.kind)},
          {"label_smoothing", recipe.loss.label_smoothing},
          {"clip_norm", recipe.clip_norm},
          {"passes", recipe.passes},
          {"batch_size", recipe.batch_size},
          {"last_batch", last_batch_name(recipe.last_batch)},
          {"shuffle", recipe.shuffle},
          {"epochs", recipe.epochs},
          {"max_batches", recipe.max_batches},
          {"normalisation", {{"divide_by", recipe.divide_by}, {"mean", recipe.mean}, {"deviation", recipe.deviation}}}};
}

Result<Recipe> recipe_from_json(const Json& json) {
  Recipe recipe;
  if (auto error = read_optimiser(json, recipe.optimiser)) return *error;
  if (auto error = read_schedule(json, recipe.schedule)) return *error;
  auto error = take_kind(json, "loss", "the recipe", kLosses, plan::loss_name, recipe.loss.kind);
  take(json, "label_smoothing", "the recipe", recipe.loss.label_smoothing, error);
  take(json, "clip_norm", "the recipe", recipe.clip_norm, error);
  take(json, "passes", "the recipe", recipe.passes, error);
  take(json, "batch_size", "the recipe", recipe.batch_size, error);
  if (!error) error = take_kind(json, "last_batch", "the recipe", kLastBatches, last_batch_name, recipe.last_batch);
  take(json, "shuffle", "the recipe", recipe.shuffle, error);
  take(json, "epochs", "the recipe", recipe.epochs, error);
  take(json, "max_batches", "the recipe", recipe.max_batches, error);
  if (!error) error = read_normalisation(json, recipe);
  if (error) return *error;
  if (const auto problem = find_problem(recipe)) return usage_error("the recipe: " + *problem);
  return recipe;
}

}  // namespace trainmark::workload
