// workload.json: written whole, read strictly, hashed without its words.
//
// Reading is held to writing: what was read is written again and compared with what came in, so an unknown key, a
// misspelt one or a wrong derived value is always an error that names its place.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <limits>
#include <optional>

#include "core/hash.hpp"
#include "core/suggest.hpp"
#include "workload/formulas.hpp"
#include "workload/network_json.hpp"
#include "workload/words.hpp"
#include "workload/workload.hpp"

namespace trainmark::workload {
namespace {

using core::Json;
using core::Result;
using core::usage_error;

constexpr const char* kFormat = "trainmark-workload";
constexpr int64_t kVersion = 1;                                        // raised whenever the same file would mean another training
constexpr int64_t kMostSamples = std::numeric_limits<int32_t>::max();  // they are numbered with 32 bits

Json recipe_to_json(const Recipe& recipe) {
  const plan::Optimiser& optimiser = recipe.optimiser;
  return {{"optimiser",
           {{"kind", plan::optimiser_name(optimiser.kind)},
            {"learning_rate", optimiser.learning_rate},
            {"momentum", optimiser.momentum},
            {"nesterov", optimiser.nesterov},
            {"weight_decay", optimiser.weight_decay}}},
          {"loss", "softmax_cross_entropy"},
          {"batch_size", recipe.batch_size},
          {"last_batch", last_batch_name(recipe.last_batch)},
          {"shuffle", recipe.shuffle},
          {"epochs", recipe.epochs},
          {"max_batches", recipe.max_batches},
          {"normalisation", {{"divide_by", recipe.divide_by}, {"mean", recipe.mean}, {"deviation", recipe.deviation}}}};
}

// What follows from the rest, so that no worker computes it in its own way.
Json derived_to_json(const Workload& workload) {
  const int64_t steps = steps_per_epoch(workload);
  return {{"batch_size", data::resolved_batch_size(workload.dataset.train_count, workload.recipe.batch_size)},
          {"steps_per_epoch", steps},
          {"total_steps", total_steps(workload)},
          {"last_batch_size", steps > 0 ? batch_of_step(workload, steps - 1) : 0}};
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

/// Reads a member into its place, or returns false and leaves the error.
template <class T>
bool take(const Json& object, std::string_view key, std::string_view where, T& place, std::optional<core::Error>& error) {
  if (error) return false;
  auto value = core::get<T>(object, key, where);
  if (!value) {
    error = value.error();
    return false;
  }
  place = std::move(*value);
  return true;
}

Result<plan::Optimiser> optimiser_from_json(const Json& recipe) {
  const auto json = core::get<Json>(recipe, "optimiser", "the recipe");
  if (!json) return json.error();
  constexpr std::string_view kWhere = "the optimiser";
  plan::Optimiser optimiser;
  std::string word;
  std::optional<core::Error> error;
  take(*json, "kind", kWhere, word, error);
  take(*json, "learning_rate", kWhere, optimiser.learning_rate, error);
  take(*json, "momentum", kWhere, optimiser.momentum, error);
  take(*json, "nesterov", kWhere, optimiser.nesterov, error);
  take(*json, "weight_decay", kWhere, optimiser.weight_decay, error);
  if (error) return *error;
  const auto kind = find_kind(kOptimisers, plan::optimiser_name, word);
  if (!kind)
    return usage_error(fmt::format("the optimiser: there is no kind '{}'; known are {}", word, fmt::join(kind_names(kOptimisers, plan::optimiser_name), ", ")));
  optimiser.kind = *kind;
  return optimiser;
}

Result<void> check_recipe(const Recipe& recipe) {
  if (recipe.batch_size < 0 || recipe.batch_size > kMostSamples)
    return usage_error(fmt::format("the recipe: 'batch_size' must be from 0 (full batch) to {}, not {}", kMostSamples, recipe.batch_size));
  if (recipe.epochs < 1 || recipe.epochs > kMaxEpochs)
    return usage_error(fmt::format("the recipe: 'epochs' must be from 1 to {}, not {}", kMaxEpochs, recipe.epochs));
  if (recipe.max_batches < 0 || recipe.max_batches > kMostSamples)
    return usage_error(fmt::format("the recipe: 'max_batches' must be from 0 (all) to {}, not {}", kMostSamples, recipe.max_batches));
  if (recipe.divide_by == 0) return usage_error("the recipe: 'divide_by' must not be 0");
  for (const double deviation : recipe.deviation) {
    if (deviation == 0) return usage_error("the recipe: no 'deviation' may be 0");
  }
  return {};
}

Result<Recipe> recipe_from_json(const Json& workload) {
  const auto json = core::get<Json>(workload, "recipe", "the workload");
  if (!json) return json.error();
  auto optimiser = optimiser_from_json(*json);
  if (!optimiser) return optimiser.error();
  Recipe recipe;
  recipe.optimiser = *optimiser;
  std::string last;
  Json normalisation;
  std::optional<core::Error> error;
  take(*json, "batch_size", "the recipe", recipe.batch_size, error);
  take(*json, "last_batch", "the recipe", last, error);
  take(*json, "shuffle", "the recipe", recipe.shuffle, error);
  take(*json, "epochs", "the recipe", recipe.epochs, error);
  take(*json, "max_batches", "the recipe", recipe.max_batches, error);
  take(*json, "normalisation", "the recipe", normalisation, error);
  if (!error) take(normalisation, "divide_by", "the normalisation", recipe.divide_by, error);
  if (error) return *error;
  const auto kind = find_kind(kLastBatches, last_batch_name, last);
  if (!kind) return usage_error(fmt::format("the recipe: 'last_batch' must be pad, keep or drop, not '{}'", last));
  recipe.last_batch = *kind;
  auto mean = get_numbers(normalisation, "mean", "the normalisation");
  if (!mean) return mean.error();
  auto deviation = get_numbers(normalisation, "deviation", "the normalisation");
  if (!deviation) return deviation.error();
  recipe.mean = std::move(*mean);
  recipe.deviation = std::move(*deviation);
  if (auto good = check_recipe(recipe); !good) return good.error();
  return recipe;
}

Result<DatasetChoice> dataset_from_json(const Json& workload) {
  const auto json = core::get<Json>(workload, "dataset", "the workload");
  if (!json) return json.error();
  constexpr std::string_view kWhere = "the data set";
  DatasetChoice dataset;
  std::optional<core::Error> error;
  take(*json, "name", kWhere, dataset.name, error);
  take(*json, "version", kWhere, dataset.version, error);
  take(*json, "sha256", kWhere, dataset.sha256, error);
  take(*json, "synthetic", kWhere, dataset.synthetic, error);
  take(*json, "train_count", kWhere, dataset.train_count, error);
  take(*json, "validation_count", kWhere, dataset.validation_count, error);
  take(*json, "test_count", kWhere, dataset.test_count, error);
  if (error) return *error;
  const auto can_be = [](int64_t count) { return count >= 0 && count <= kMostSamples; };
  if (dataset.train_count < 1 || !can_be(dataset.train_count) || !can_be(dataset.validation_count) || !can_be(dataset.test_count)) {
    return usage_error(fmt::format("the data set: counts of {} training, {} validation and {} test samples make no sense", dataset.train_count,
                                   dataset.validation_count, dataset.test_count));
  }
  return dataset;
}

/// The first place where `given` is not `expected`; "" when they are equal. Objects are compared member by member.
std::string difference(const Json& expected, const Json& given, const std::string& place) {
  if (expected.is_object() && given.is_object()) {
    std::vector<std::string> known;
    for (const auto& [key, value] : expected.items()) known.push_back(key);
    for (const auto& [key, value] : given.items()) {
      if (!expected.contains(key)) return fmt::format("{}: unknown key '{}'{}", place, key, core::did_you_mean(key, known));
    }
    for (const auto& [key, value] : expected.items()) {
      if (!given.contains(key)) return fmt::format("{}: the key '{}' is missing", place, key);
      const std::string inside = difference(value, given.at(key), place + "." + key);
      if (!inside.empty()) return inside;
    }
    return "";
  }
  if (expected.is_array() && given.is_array() && expected.size() == given.size()) {
    for (size_t i = 0; i < expected.size(); ++i) {
      const std::string inside = difference(expected[i], given[i], fmt::format("{}[{}]", place, i));
      if (!inside.empty()) return inside;
    }
    return "";
  }
  if (expected == given) return "";
  return fmt::format("{}: expected {}, which follows from the rest, not {}", place, expected.dump().substr(0, 80), given.dump().substr(0, 80));
}

}  // namespace

Json to_json(const Workload& workload) {
  const DatasetChoice& dataset = workload.dataset;
  return {{"format", kFormat},
          {"version", kVersion},
          {"dataset",
           {{"name", dataset.name},
            {"version", dataset.version},
            {"sha256", dataset.sha256},
            {"synthetic", dataset.synthetic},
            {"train_count", dataset.train_count},
            {"validation_count", dataset.validation_count},
            {"test_count", dataset.test_count}}},
          {"network", network_to_json(workload.network)},
          {"recipe", recipe_to_json(workload.recipe)},
          {"seed", workload.seed},
          {"derived", derived_to_json(workload)},
          {"formulas", formulas()}};
}

Result<Workload> from_json(const Json& json) {
  const auto format = core::get<std::string>(json, "format", "the workload");
  if (!format) return format.error();
  const auto version = core::get<int64_t>(json, "version", "the workload");
  if (!version) return version.error();
  if (*format != kFormat || *version != kVersion) {
    return usage_error(fmt::format("the workload has the format '{}' version {}; this program reads '{}' version {}", *format, *version, kFormat, kVersion));
  }
  Workload workload;
  auto dataset = dataset_from_json(json);
  if (!dataset) return dataset.error();
  const auto network_json = core::get<Json>(json, "network", "the workload");
  if (!network_json) return network_json.error();
  auto network = network_from_json(*network_json);
  if (!network) return network.error();
  auto recipe = recipe_from_json(json);
  if (!recipe) return recipe.error();
  const auto seed = core::get<Json>(json, "seed", "the workload");
  if (!seed) return seed.error();
  if (!seed->is_number_integer() || (!seed->is_number_unsigned() && seed->get<int64_t>() < 0)) {
    return usage_error(fmt::format("the workload: 'seed' must be an integer from 0 to 18446744073709551615, not {}", seed->dump().substr(0, 40)));
  }
  workload.dataset = std::move(*dataset);
  workload.network = std::move(*network);
  workload.recipe = std::move(*recipe);
  workload.seed = seed->get<uint64_t>();
  const std::string different = difference(to_json(workload), json, "workload");
  if (!different.empty()) return usage_error(different);
  return workload;
}

std::string workload_hash(const Workload& workload) {
  Json json = to_json(workload);
  json.erase("formulas");
  json.erase("derived");
  json["network"].erase("description");
  return core::sha256_hex(json.dump());
}

}  // namespace trainmark::workload
