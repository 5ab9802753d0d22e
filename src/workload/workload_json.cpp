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
#include "workload/json_take.hpp"
#include "workload/network_json.hpp"
#include "workload/recipe_json.hpp"
#include "workload/words.hpp"
#include "workload/workload.hpp"

namespace trainmark::workload {
namespace {

using core::Json;
using core::Result;
using core::usage_error;

constexpr const char* kFormat = "trainmark-workload";
constexpr int64_t kVersion = 1;  // raised whenever the same file would mean another training

// What follows from the rest, so that no worker computes it in its own way.
Json derived_to_json(const Workload& workload) {
  const int64_t steps = steps_per_epoch(workload);
  return {{"batch_size", data::resolved_batch_size(epoch_count(workload), workload.recipe.batch_size)},
          {"steps_per_epoch", steps},
          {"total_steps", total_steps(workload)},
          {"last_batch_size", steps > 0 ? batch_of_step(workload, steps - 1) : 0}};
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
  std::string validation;
  take(*json, "validation", kWhere, validation, error);
  if (error) return *error;
  const auto kind = find_kind(kValidations, validation_name, validation);
  if (!kind) return usage_error(fmt::format("the data set: 'validation' must be last or random, not '{}'", validation));
  dataset.validation = *kind;
  const auto can_be = [](int64_t count) { return count >= 0 && count <= kMostSamples; };
  if (dataset.train_count < 1 || !can_be(dataset.train_count) || !can_be(dataset.validation_count) || !can_be(dataset.test_count)) {
    return usage_error(fmt::format("the data set: counts of {} training, {} validation and {} test samples make no sense", dataset.train_count,
                                   dataset.validation_count, dataset.test_count));
  }
  return dataset;
}

// The search of a workload that has one, and none of one that trains.
Result<std::optional<Neighbours>> neighbours_from_json(const Json& workload, const network::Network& network, const DatasetChoice& dataset) {
  constexpr std::string_view kWhere = "the workload";
  if (!workload.contains("neighbours")) {
    if (!network.layers.empty()) return std::optional<Neighbours>();
    return usage_error("the workload: its network has no layers, and it has no 'neighbours' either: there is nothing to compute");
  }
  if (!network.layers.empty()) return usage_error("the workload: with 'neighbours' its network must have no layers");
  const auto json = core::get<Json>(workload, "neighbours", kWhere);
  if (!json) return json.error();
  const auto k = core::get<int64_t>(*json, "k", "'neighbours' of the workload");
  if (!k) return k.error();
  if (dataset.validation_count + dataset.test_count < 1) return usage_error("the workload: with 'neighbours' there must be samples to evaluate");
  if (const auto problem = find_problem(Neighbours{*k}, dataset.train_count)) return usage_error(fmt::format("the workload: {}", *problem));
  return std::optional<Neighbours>(Neighbours{*k});
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
  Json json = {{"format", kFormat},
               {"version", kVersion},
               {"dataset",
                {{"name", dataset.name},
                 {"version", dataset.version},
                 {"sha256", dataset.sha256},
                 {"synthetic", dataset.synthetic},
                 {"train_count", dataset.train_count},
                 {"validation_count", dataset.validation_count},
                 {"validation", validation_name(dataset.validation)},
                 {"test_count", dataset.test_count}}},
               {"network", network_to_json(workload.network)},
               {"recipe", recipe_to_json(workload.recipe)},
               {"seed", workload.seed},
               {"derived", derived_to_json(workload)},
               {"formulas", formulas(workload.neighbours.has_value())}};
  if (workload.neighbours) json["neighbours"] = {{"k", workload.neighbours->k}};
  return json;
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
  const auto neighbours = neighbours_from_json(json, *network, *dataset);
  if (!neighbours) return neighbours.error();
  const auto recipe_json = core::get<Json>(json, "recipe", "the workload");
  if (!recipe_json) return recipe_json.error();
  auto recipe = recipe_from_json(*recipe_json);
  if (!recipe) return recipe.error();
  if (*neighbours && (recipe->last_batch != data::LastBatch::kKeep || recipe->passes != 1)) {
    return usage_error("the workload: with 'neighbours' 'last_batch' must be keep and 'passes' 1");
  }
  const auto seed = core::get<Json>(json, "seed", "the workload");
  if (!seed) return seed.error();
  if (!seed->is_number_integer() || (!seed->is_number_unsigned() && seed->get<int64_t>() < 0)) {
    return usage_error(fmt::format("the workload: 'seed' must be an integer from 0 to 18446744073709551615, not {}", seed->dump().substr(0, 40)));
  }
  workload.dataset = std::move(*dataset);
  workload.network = std::move(*network);
  workload.recipe = std::move(*recipe);
  workload.neighbours = *neighbours;
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
