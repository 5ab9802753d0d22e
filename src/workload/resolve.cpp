// From names and wishes to exact values: the network's own recipe, then what the study or the user overrides.
#include <fmt/format.h>

#include <algorithm>

#include "network/hidden.hpp"
#include "network/shapes.hpp"
#include "network/zoo.hpp"
#include "workload/request_check.hpp"
#include "workload/study.hpp"

namespace trainmark::workload {
namespace {

using core::Result;
using core::usage_error;

// Study cpu-vs-cuda keeps the last 1,000 of 60,000 training samples for validation.
constexpr int64_t kFullTrainingSet = 60'000;
constexpr int64_t kStudyValidation = 1'000;

Recipe override_recipe(Recipe recipe, const WorkloadRequest& request) {
  recipe.epochs = request.epochs.value_or(recipe.epochs);
  recipe.batch_size = request.batch_size.value_or(recipe.batch_size);
  recipe.max_batches = request.max_batches.value_or(recipe.max_batches);
  recipe.optimiser.learning_rate = request.learning_rate.value_or(recipe.optimiser.learning_rate);
  recipe.optimiser.momentum = request.momentum.value_or(recipe.optimiser.momentum);
  recipe.shuffle = request.shuffle.value_or(recipe.shuffle);
  recipe.last_batch = request.last_batch.value_or(recipe.last_batch);
  if (request.optimiser && *request.optimiser != recipe.optimiser.kind) {  // constants of another kind mean nothing for this one
    plan::Optimiser other;
    other.kind = *request.optimiser;
    other.learning_rate = recipe.optimiser.learning_rate;
    other.momentum = request.momentum.value_or(0);
    recipe.optimiser = other;
  }
  recipe.optimiser.nesterov = request.nesterov.value_or(recipe.optimiser.nesterov);
  recipe.optimiser.weight_decay = request.weight_decay.value_or(recipe.optimiser.weight_decay);
  recipe.optimiser.beta1 = request.beta1.value_or(recipe.optimiser.beta1);
  recipe.optimiser.beta2 = request.beta2.value_or(recipe.optimiser.beta2);
  recipe.optimiser.alpha = request.alpha.value_or(recipe.optimiser.alpha);
  recipe.optimiser.epsilon = request.epsilon.value_or(recipe.optimiser.epsilon);
  recipe.schedule = request.schedule.value_or(recipe.schedule);
  recipe.loss.kind = request.loss.value_or(recipe.loss.kind);
  recipe.loss.label_smoothing = request.label_smoothing.value_or(recipe.loss.label_smoothing);
  recipe.clip_norm = request.clip_norm.value_or(recipe.clip_norm);
  recipe.passes = request.passes.value_or(recipe.passes);
  return recipe;
}

Result<DatasetChoice> choose_samples(const WorkloadRequest& request, const data::Dataset& dataset) {
  const int64_t stored = dataset.train.samples.count;
  const bool study_split = request.network == "mnist-mlp-10" && stored == kFullTrainingSet && !request.train_count;
  const int64_t validation = request.validation_count.value_or(study_split ? kStudyValidation : 0);
  if (validation >= stored) {
    return usage_error(fmt::format("{} is {}, but the training set of {} has only {} samples, of which some must be left to train on",
                                   flag_and_key("validation_count"), validation, dataset.name, stored));
  }
  const int64_t train = request.train_count.value_or(stored - validation);
  if (train > stored - validation) {
    return usage_error(fmt::format("{} is {}, but the training set of {} has {} samples, of which {} are kept for validation", flag_and_key("train_count"),
                                   train, dataset.name, stored, validation));
  }
  return DatasetChoice{dataset.name,
                       dataset.version,
                       dataset.sha256,
                       dataset.synthetic,
                       train,
                       validation,
                       dataset.test.samples.count,
                       request.validation.value_or(Validation::kLast)};
}

/// The first key of the request that means nothing where nothing is trained.
std::optional<std::string> key_of_training(const WorkloadRequest& r) {
  const std::pair<const char*, bool> given[] = {
      {"learning_rate", r.learning_rate.has_value()},
      {"momentum", r.momentum.has_value()},
      {"shuffle", r.shuffle.has_value()},
      {"last_batch", r.last_batch.has_value()},
      {"optimiser", r.optimiser.has_value()},
      {"nesterov", r.nesterov.has_value()},
      {"weight_decay", r.weight_decay.has_value()},
      {"beta1", r.beta1.has_value()},
      {"beta2", r.beta2.has_value()},
      {"alpha", r.alpha.has_value()},
      {"epsilon", r.epsilon.has_value()},
      {"label_smoothing", r.label_smoothing.has_value()},
      {"clip_norm", r.clip_norm.has_value()},
      {"schedule", r.schedule.has_value()},
      {"loss", r.loss.has_value()},
      {"passes", r.passes.has_value()},
  };
  for (const auto& [key, is_given] : given) {
    if (is_given) return key;
  }
  return std::nullopt;
}

/// Turns the workload into a search for neighbours. The last batch is smaller where the queries do not fill it.
Result<void> make_search(const WorkloadRequest& request, Workload& workload) {
  if (const auto key = key_of_training(request)) {
    return usage_error(fmt::format("{} belongs to a training, but {} has nothing to train: its nearest neighbours only predict; leave it out",
                                   flag_and_key(*key), request.network));
  }
  workload.neighbours = Neighbours{};
  if (epoch_count(workload) < 1)
    return usage_error(fmt::format("{} needs samples to predict, but the data set {} has no test set", request.network, workload.dataset.name));
  if (!request.batch_size) workload.recipe.batch_size = std::min(workload.recipe.batch_size, epoch_count(workload));
  const auto problem = find_problem(*workload.neighbours, workload.dataset.train_count);
  return problem ? Result<void>(usage_error(fmt::format("{}: {}", request.network, *problem))) : Result<void>();
}

/// A network of the zoo over images of another size is the same list of layers, as long as its windows still fit.
Result<network::Network> fit_to_images(network::Network network, const data::Dataset& dataset) {
  const data::Shape3& image = dataset.train.samples.shape;
  const network::Shape input{image.channels, image.height, image.width};
  if (network.input == input) return network;
  network.description +=
      fmt::format("; here for images of {}x{}x{} instead of {}x{}x{}", input.c, input.h, input.w, network.input.c, network.input.h, network.input.w);
  network.input = input;
  if (network.layers.empty()) return network;
  if (const auto shapes = network::infer_shapes(network); !shapes) {
    return usage_error(fmt::format("the network {} cannot take the images of the data set {}, which have {} x {} x {} values: {}", network.name, dataset.name,
                                   input.c, input.h, input.w, shapes.error().message));
  }
  return network;
}

Result<network::Network> network_of(const WorkloadRequest& request, const data::Dataset& dataset) {
  if (request.hidden) {
    WorkloadRequest plain = request;
    plain.hidden.reset();
    auto network = network_of(plain, dataset);
    return network ? network::with_hidden_width(*std::move(network), *request.hidden) : network;
  }
  if (!request.own) {
    const auto known = network::find_network(request.network);
    return known ? fit_to_images(*known, dataset) : known;
  }
  const data::Shape3& image = dataset.train.samples.shape;
  auto network = network_for(*request.own, {image.channels, image.height, image.width});
  if (!network) return network;
  const int64_t classes = dataset.train.samples.classes;
  if (network->classes == classes) return network;
  return usage_error(fmt::format("{}:{}: the network '{}' ends with {} values, but the data set {} has {} classes; its last layer must yield {}",
                                 request.own->file, request.own->layer_lines.back(), network->name, network->classes, dataset.name, classes, classes));
}

}  // namespace

Result<Workload> resolve(const WorkloadRequest& request, const data::Dataset& dataset) {
  if (const auto problem = find_problem(request)) return usage_error(problem->message);
  auto network = network_of(request, dataset);
  if (!network) return network.error();
  const auto samples = choose_samples(request, dataset);
  if (!samples) return samples.error();
  Workload workload;
  workload.dataset = *samples;
  workload.network = std::move(*network);
  workload.recipe = override_recipe(default_recipe(request.network), request);
  workload.recipe.mean.resize(static_cast<size_t>(workload.network.input.c), workload.recipe.mean.front());
  workload.recipe.deviation.resize(static_cast<size_t>(workload.network.input.c), workload.recipe.deviation.front());
  workload.seed = request.seed.value_or(workload.seed);
  if (workload.network.layers.empty()) {
    if (auto fits = make_search(request, workload); !fits) return fits.error();
  }
  if (workload.recipe.batch_size > epoch_count(workload)) {
    return usage_error(fmt::format("{} is {}{}, but there are only {} {} samples; choose at most that, or 0 for the full batch", flag_and_key("batch_size"),
                                   workload.recipe.batch_size, request.batch_size ? "" : fmt::format(" by the recipe of {}", request.network),
                                   epoch_count(workload), workload.neighbours ? "evaluation" : "training"));
  }
  if (const auto problem = find_problem(workload.recipe)) return usage_error(fmt::format("the recipe of {}: {}", request.network, *problem));
  if (const auto fits = check_passes(workload); !fits) return fits.error();
  return workload;
}

}  // namespace trainmark::workload
