// Materials in memory: which samples, which tables, which first weights, which order.
#include "workload/materials.hpp"

#include <fmt/format.h>

#include "core/check.hpp"
#include "network/parameters.hpp"
#include "network/shapes.hpp"
#include "workload/split.hpp"

namespace trainmark::workload {
namespace {

using core::Result;
using core::usage_error;

Result<void> check_counts(const DatasetChoice& choice, const data::Dataset& dataset) {
  const int64_t stored = dataset.train.samples.count;
  if (choice.name != dataset.name || choice.sha256 != dataset.sha256) {
    return usage_error(fmt::format("the workload was made for the data set {} with the hash {}, but the loaded one is {} with the hash {}; load the same data",
                                   choice.name, choice.sha256.substr(0, 12), dataset.name, dataset.sha256.substr(0, 12)));
  }
  if (choice.train_count < 1 || choice.validation_count < 0 || choice.train_count > stored - choice.validation_count) {
    return usage_error(fmt::format("{} training and {} validation samples were asked for, but the data set {} has {} for both together", choice.train_count,
                                   choice.validation_count, dataset.name, stored));
  }
  if (choice.test_count != dataset.test.samples.count) {
    return usage_error(
        fmt::format("the workload names {} test samples, but the data set {} has {}", choice.test_count, dataset.name, dataset.test.samples.count));
  }
  return {};
}

Result<void> check_shapes(const network::Network& network, const Recipe& recipe, const data::Dataset& dataset) {
  const data::Shape3& shape = dataset.train.samples.shape;
  if (network.input != network::Shape{shape.channels, shape.height, shape.width}) {
    return usage_error(fmt::format("the network {} takes images of {} x {} x {} (channels, height, width), but those of the data set {} are {} x {} x {}",
                                   network.name, network.input.c, network.input.h, network.input.w, dataset.name, shape.channels, shape.height, shape.width));
  }
  if (dataset.train.samples.classes > network.classes) {
    return usage_error(fmt::format("the network {} tells {} classes apart, but the data set {} has {}", network.name, network.classes, dataset.name,
                                   dataset.train.samples.classes));
  }
  const auto channels = static_cast<size_t>(shape.channels);
  if (recipe.mean.size() != channels || recipe.deviation.size() != channels) {
    return usage_error(fmt::format("images of {} channels need {} means and deviations, but the recipe has {} and {}", channels, channels, recipe.mean.size(),
                                   recipe.deviation.size()));
  }
  return {};
}

// The samples of `all` at these positions, one behind the other.
GatheredSamples gather(const data::SamplesView& all, const std::vector<int32_t>& positions) {
  GatheredSamples gathered;
  const int64_t size = all.shape.size();
  for (const int32_t at : positions) {
    gathered.pixels.insert(gathered.pixels.end(), all.pixels + at * size, all.pixels + (at + 1) * size);
    gathered.labels.push_back(all.labels[at]);
  }
  return gathered;
}

// Neighbours are searched in the training samples as they lie, so the two parts of a random split are two arrays.
void choose_gathered(const data::SamplesView& stored, RandomSplit split, Materials& materials) {
  const auto view_of = [&](const GatheredSamples& gathered) {
    data::SamplesView view = stored;
    view.pixels = gathered.pixels.data();
    view.labels = gathered.labels.data();
    view.count = static_cast<int64_t>(gathered.labels.size());
    return view;
  };
  materials.gathered = std::make_unique<const GatheredSamples>(gather(stored, split.validation));
  materials.evaluation = view_of(*materials.gathered);
  if (!materials.workload.neighbours) {
    materials.train_positions = std::move(split.train);
    return;
  }
  materials.gathered_train = std::make_unique<const GatheredSamples>(gather(stored, split.train));
  materials.train = view_of(*materials.gathered_train);
}

void choose_samples(const DatasetChoice& choice, Materials& materials) {
  const data::SamplesView& stored = materials.dataset->train.samples;
  if (choice.validation == Validation::kLast || choice.validation_count == 0) {
    materials.train = data::samples_range(stored, 0, choice.train_count);
    materials.evaluation = choice.validation_count > 0 ? data::samples_range(stored, stored.count - choice.validation_count, choice.validation_count)
                                                       : materials.dataset->test.samples;
    return;
  }
  RandomSplit split = random_split(choice.train_count, choice.validation_count, materials.seed);
  materials.train = data::samples_range(stored, 0, choice.train_count + choice.validation_count);
  choose_gathered(stored, std::move(split), materials);
}

}  // namespace

Result<Materials> make_materials(const Workload& workload, const data::Dataset& dataset, uint64_t seed) {
  const DatasetChoice& choice = workload.dataset;
  if (auto fits = check_counts(choice, dataset); !fits) return fits.error();
  if (auto fits = check_shapes(workload.network, workload.recipe, dataset); !fits) return fits.error();
  if (workload.network.layers.empty() != workload.neighbours.has_value()) return usage_error("a network has layers, and a search for neighbours has none");
  if (auto shapes = network::infer_shapes(workload.network); !shapes && !workload.neighbours) return shapes.error();
  if (steps_per_epoch(workload) == 0) {
    return usage_error(fmt::format("a batch of {} samples is larger than the {} samples of an epoch, and the last batch is dropped: no step would be left",
                                   workload.recipe.batch_size, epoch_count(workload)));
  }
  if (auto fits = check_passes(workload); !fits) return fits.error();
  Materials materials;
  materials.workload = workload;
  materials.seed = seed;
  materials.dataset = &dataset;
  choose_samples(choice, materials);
  materials.normalisation = data::make_normalisation(workload.recipe.divide_by, workload.recipe.mean, workload.recipe.deviation);
  materials.initial_state = network::initial_state(workload.network, seed);
  return materials;
}

const std::vector<int32_t>& Materials::order(int64_t epoch) const {
  const Recipe& recipe = workload.recipe;
  const int64_t key = recipe.shuffle ? epoch : 0;
  const auto known = orders.find(key);
  if (known != orders.end()) return known->second;
  auto made = data::epoch_order(workload.dataset.train_count, recipe.batch_size, recipe.last_batch, recipe.shuffle, seed, key);
  if (!train_positions.empty()) {
    for (int32_t& index : made) index = train_positions[static_cast<size_t>(index)];
  }
  return orders.emplace(key, std::move(made)).first->second;
}

std::span<const int32_t> Materials::batch(int64_t step) const {
  CHECK(step >= 0 && step < total_steps(workload), "a step of the training");
  const int64_t per_epoch = steps_per_epoch(workload);
  const int64_t full = data::resolved_batch_size(workload.dataset.train_count, workload.recipe.batch_size);
  const std::span<const int32_t> whole = order(step / per_epoch);
  return whole.subspan(static_cast<size_t>(step % per_epoch * full), static_cast<size_t>(batch_of_step(workload, step)));
}

}  // namespace trainmark::workload
