// Workloads over synthetic digits for tests of the proof, and a timed trial of them through a client.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/file.hpp"
#include "data/synthetic_digits.hpp"
#include "network/builder.hpp"
#include "network/zoo.hpp"
#include "proof/proof.hpp"

namespace trainmark::tests {

struct ProofCase {
  std::string network = "mnist-cnn";
  int64_t batch = 16;
  int64_t train_count = 600;
  int64_t test_count = 200;
  int64_t epochs = 1;
  double rate = 0.01, momentum = 0.9, decay = 0;
  bool nesterov = false;
  data::LastBatch last = data::LastBatch::kKeep;
  uint64_t seed = 1;
  std::function<void(workload::Workload&)> adjust = {};  ///< what the members above cannot say
};

/// Owns what materials refer to: not movable.
struct ProofWorld {
  core::TemporaryFolder folder;
  data::Dataset dataset;
  workload::Materials materials;
  workload::MaterialFiles files;
};

inline data::Split digits_split(const std::filesystem::path& folder, data::SyntheticSplit split, int64_t count, const std::string& stem) {
  const data::SyntheticSamples samples = data::make_synthetic(split, count, 1);
  const auto images = folder / (stem + "-images"), labels = folder / (stem + "-labels");
  data::write_idx_images(images, 28, 28, samples.pixels).value();
  data::write_idx_labels(labels, samples.labels).value();
  return data::open_idx(images, labels, 10, folder).value();
}

/// A small network with every layer that the five networks do not have.
inline network::Network all_layers() {
  network::Builder b("all-layers", "a test", {1, 28, 28}, 10);
  const network::Initialiser weights = network::Initialiser::he_normal(), bias = network::Initialiser::pytorch_uniform();
  b.add("conv1", network::Conv2d{6, network::Window::square(5, 3), 1, true, weights, bias});
  b.add("norm1", network::BatchNorm{});
  b.add("relu6", network::Relu6{});
  b.add("conv2", network::Conv2d{8, network::Window::square(3, 1, 1), 2, true, weights, bias});
  b.add("norm2", network::LayerNorm{});
  b.add("gelu", network::Gelu{});
  b.add("pool", network::AveragePool2d{network::Window::square(2, 2)});
  b.add("drop", network::Dropout{0.25});
  b.add("fc1", network::Dense{24, true, weights, bias});
  b.add("norm3", network::LayerNorm{});
  b.add("tanh", network::Tanh{});
  b.add("fc2", network::Dense{16, true, weights, bias});
  b.add("sigmoid", network::Sigmoid{});
  b.add("fc3", network::Dense{10, true, weights, bias});
  return b.take();
}

inline std::unique_ptr<ProofWorld> make_world(const ProofCase& c) {
  auto world = std::make_unique<ProofWorld>();
  world->folder = core::TemporaryFolder::make(std::filesystem::temp_directory_path(), "trainmark-proof").value();
  data::Dataset& dataset = world->dataset;
  dataset.name = "digits";
  dataset.version = "1";
  dataset.synthetic = true;
  dataset.train = digits_split(world->folder.path(), data::SyntheticSplit::kTrain, c.train_count, "train");
  dataset.test = digits_split(world->folder.path(), data::SyntheticSplit::kTest, c.test_count, "test");
  dataset.sha256 = data::dataset_sha256(dataset.train, dataset.test);
  workload::Workload load;
  load.dataset = {dataset.name, dataset.version, dataset.sha256, true, c.train_count, 0, c.test_count};
  load.network = network::find_network(c.network).value();
  if (load.network.layers.empty()) load.neighbours = workload::Neighbours{};
  load.recipe.optimiser.learning_rate = c.rate;
  load.recipe.optimiser.momentum = c.momentum;
  load.recipe.optimiser.weight_decay = c.decay;
  load.recipe.optimiser.nesterov = c.nesterov;
  load.recipe.batch_size = c.batch;
  load.recipe.last_batch = c.last;
  load.recipe.epochs = c.epochs;
  load.seed = c.seed;
  if (c.adjust) c.adjust(load);
  world->materials = workload::make_materials(load, dataset, c.seed).value();
  world->files = workload::write_materials(world->materials, world->folder.path() / "materials").value();
  return world;
}

/// A trial in three stretches, its states between them and its evaluation, as a supervisor would record it.
inline worker::Answer<proof::TimedEvidence> run_trial(worker::Client& client, const workload::Materials& materials, double timeout_s = 60) {
  proof::TimedEvidence evidence;
  const int64_t total = workload::total_steps(materials.workload), part = std::max<int64_t>(1, (total + 2) / 3);
  for (int64_t first = 0; first < total; first += part) {
    worker::TrainRequest request;
    request.first_step = first;
    request.steps = std::min(part, total - first);
    auto trained = client.train(request, timeout_s);
    if (!trained) return trained.failure();
    evidence.stretches.push_back({first, trained->losses, trained->indices_crc});
    auto state = client.dump(timeout_s);
    if (!state) return state.failure();
    evidence.edges.push_back({first + request.steps, std::move(*state)});
  }
  auto evaluated = client.evaluate(materials.evaluation.count, timeout_s);
  if (!evaluated) return evaluated.failure();
  evidence.final_predictions = evaluated->predictions;
  evidence.final_loss = evaluated->loss;
  return evidence;
}

}  // namespace trainmark::tests
