// Tiny materials for tests: random images in real IDX files below a temporary folder, a workload over them, and all
// that a worker gets. Random labels are learnable by heart, so losses fall, and every run is a fraction of a second.
//
//   auto tiny = tests::make_tiny({.network = "mnist-cnn", .batch_size = 16, .epochs = 2});
//   tiny->materials(), tiny->files(), tiny->dataset(), tiny->folder()
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/file.hpp"
#include "core/philox.hpp"
#include "data/dataset.hpp"
#include "network/zoo.hpp"
#include "workload/materials.hpp"

namespace trainmark::tests {

struct TinyOptions {
  std::string network = "mnist-mlp";                    ///< of the zoo; ignored when custom_network is given
  std::optional<network::Network> custom_network = {};  ///< one input channel, since IDX files are grey
  int64_t train_count = 96;
  int64_t test_count = 32;
  int64_t validation_count = 0;  ///< the last ones of the stored training set, beside train_count
  int64_t batch_size = 32;
  int64_t epochs = 2;
  int64_t max_batches = 0;
  data::LastBatch last_batch = data::LastBatch::kKeep;
  bool shuffle = true;
  double learning_rate = 0.01;
  double momentum = 0.9;
  uint64_t seed = 7;
  workload::Validation validation = workload::Validation::kLast;
  int64_t passes = 1;
};

/// Owns the folder, the data set and the materials; not movable, because materials refer to the data set.
class Tiny {
 public:
  Tiny() = default;
  Tiny(const Tiny&) = delete;
  Tiny& operator=(const Tiny&) = delete;
  const std::filesystem::path& folder() const { return folder_.path(); }  ///< private, removed with this object
  const data::Dataset& dataset() const { return dataset_; }
  const workload::Workload& workload() const { return materials_.workload; }
  const workload::Materials& materials() const { return materials_; }
  const workload::MaterialFiles& files() const { return files_; }  ///< below folder() / "materials"

 private:
  friend std::unique_ptr<Tiny> make_tiny(const TinyOptions& options);
  core::TemporaryFolder folder_;
  data::Dataset dataset_;
  workload::Materials materials_;
  workload::MaterialFiles files_;
};

/// `count` random images of height x width with random labels in [0, classes), as IDX files of that stem in `folder`.
inline data::Split make_tiny_split(const std::filesystem::path& folder, const std::string& stem, int64_t count, int64_t height, int64_t width, int classes,
                                   uint64_t seed) {
  core::Philox random(seed);
  std::vector<uint8_t> pixels(static_cast<size_t>(count * height * width));
  std::vector<uint8_t> labels(static_cast<size_t>(count));
  for (auto& pixel : pixels) pixel = static_cast<uint8_t>(random.below(256));
  for (auto& label : labels) label = static_cast<uint8_t>(random.below(static_cast<uint32_t>(classes)));
  const auto images_path = folder / (stem + "-images"), labels_path = folder / (stem + "-labels");
  data::write_idx_images(images_path, height, width, pixels).value();
  data::write_idx_labels(labels_path, labels).value();
  return data::open_idx(images_path, labels_path, classes, folder).value();
}

/// Everything for one tiny trial. What goes wrong ends the test program: it would be a fault of the test.
inline std::unique_ptr<Tiny> make_tiny(const TinyOptions& options = {}) {
  auto tiny = std::make_unique<Tiny>();
  tiny->folder_ = core::TemporaryFolder::make(std::filesystem::temp_directory_path(), "trainmark-tiny").value();
  const network::Network net = options.custom_network ? *options.custom_network : network::find_network(options.network).value();
  data::Dataset& dataset = tiny->dataset_;
  dataset.name = "tiny";
  dataset.version = "1";
  dataset.provenance = "random images made by a test";
  dataset.synthetic = true;
  const int classes = static_cast<int>(net.classes);
  dataset.train = make_tiny_split(tiny->folder(), "train", options.train_count + options.validation_count, net.input.h, net.input.w, classes, 1);
  dataset.test = make_tiny_split(tiny->folder(), "test", options.test_count, net.input.h, net.input.w, classes, 2);
  dataset.sha256 = data::dataset_sha256(dataset.train, dataset.test);

  workload::Workload load;
  load.dataset = {dataset.name, dataset.version, dataset.sha256, true, options.train_count, options.validation_count, options.test_count, options.validation};
  load.network = net;
  if (net.layers.empty()) load.neighbours = workload::Neighbours{};
  load.recipe.optimiser.learning_rate = options.learning_rate;
  load.recipe.optimiser.momentum = options.momentum;
  load.recipe.batch_size = options.batch_size;
  load.recipe.passes = options.passes;
  load.recipe.last_batch = options.last_batch;
  load.recipe.shuffle = options.shuffle;
  load.recipe.epochs = options.epochs;
  load.recipe.max_batches = options.max_batches;
  load.seed = options.seed;
  tiny->materials_ = workload::make_materials(load, dataset, options.seed).value();
  tiny->files_ = workload::write_materials(tiny->materials_, tiny->folder() / "materials").value();
  return tiny;
}

}  // namespace trainmark::tests
