// A workload: data set, network and recipe, resolved to exact values and hashed. Two trials with the same workload hash
// were asked to do the same work; the proof says whether they did.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "data/batch_order.hpp"
#include "network/network.hpp"
#include "plan/schedule.hpp"
#include "plan/training.hpp"

namespace trainmark::workload {

/// Most epochs of a training: their orders are files, and their list must fit one line of the protocol.
inline constexpr int64_t kMaxEpochs = 10'000;

/// Most samples of a data set or a batch: they are numbered with 32 bits.
inline constexpr int64_t kMostSamples = 2'147'483'647;

/// Most neighbours that may vote: lists of them are sorted by insertion.
inline constexpr int64_t kMostNeighbours = 1'000;

/// How it is trained. Every default is a value here, never an engine's own.
struct Recipe {
  plan::Optimiser optimiser;
  plan::Schedule schedule;
  plan::Loss loss;
  double clip_norm = 0;     ///< largest norm of all gradients together; 0: not clipped
  int64_t passes = 1;       ///< equal parts of a batch, one after the other; see plan::Training
  int64_t batch_size = 32;  ///< 0: full batch
  data::LastBatch last_batch = data::LastBatch::kKeep;
  bool shuffle = true;
  int64_t epochs = 1;
  int64_t max_batches = 0;  ///< steps of each epoch that are run; 0: all
  // Inputs are (pixel / divide_by - mean[c]) / deviation[c].
  double divide_by = 255;
  std::vector<double> mean = {0.1307};
  std::vector<double> deviation = {0.3081};
};

/// Which samples validate: see DatasetChoice.
enum class Validation : uint8_t { kLast, kRandom };

/// Which samples of the data set: exact, so that a changed data set is another workload.
struct DatasetChoice {
  std::string name;
  std::string version;
  std::string sha256;
  bool synthetic = false;
  int64_t train_count = 0;       ///< the first ones of the stored training set
  int64_t validation_count = 0;  ///< the last ones of the stored training set; 0: the test set is evaluated
  int64_t test_count = 0;
  /// kRandom: the first train_count + validation_count stored samples are divided by chance, anew for every repetition
  /// (split.hpp); train_count and validation_count of them keep their stored order in each part.
  Validation validation = Validation::kLast;
};

/// A workload that predicts instead of training: the k nearest of the training images vote. Distances are exact, so there is one
/// right answer: formulas.cpp says in words how ties are decided.
struct Neighbours {
  int64_t k = 5;
};

struct Workload {
  DatasetChoice dataset;
  network::Network network;  ///< without layers where there are neighbours
  Recipe recipe;             ///< of neighbours only batches and epochs count
  std::optional<Neighbours> neighbours;
  uint64_t seed = 1;  ///< repetition r of every platform uses seed + r
};

/// Everything, including formulas in words and the whole network graph: the content of workload.json, from which a
/// worker in any language can build the same training. See docs/protocol.md.
core::Json to_json(const Workload& workload);

/// Inverse of to_json. Errors name the key.
core::Result<Workload> from_json(const core::Json& json);

/// SHA-256 of the canonical JSON.
std::string workload_hash(const Workload& workload);

/// What is wrong with a recipe, as half a sentence that names the key; empty: nothing.
std::optional<std::string> find_problem(const Recipe& recipe);

/// The same of a search among `train_count` images.
std::optional<std::string> find_problem(const Neighbours& neighbours, int64_t train_count);

/// Error: the passes of the recipe do not divide every batch.
core::Result<void> check_passes(const Workload& workload);

/// What plans are made of.
plan::Training training_of(const Recipe& recipe);

/// The learning rate of a step, from 0 on: the only place that knows it.
double learning_rate_at(const Recipe& recipe, int64_t step);

/// Samples that are evaluated: the validation part where there is one, else the test split.
int64_t evaluation_count(const Workload& workload);

/// Samples that are stored as `samples.train` of the protocol: those to train on, and with a random split those that validate too.
/// Neighbours have only the former.
int64_t stored_train_count(const Workload& workload);

/// Samples of one epoch before padding and max_batches: the training samples, or the queries of a search for neighbours.
int64_t epoch_count(const Workload& workload);

/// Steps of one epoch after max_batches, and of the whole training.
int64_t steps_per_epoch(const Workload& workload);
int64_t total_steps(const Workload& workload);

/// Samples in the batch of a step (the last batch of an epoch may be smaller).
int64_t batch_of_step(const Workload& workload, int64_t step);

/// The first query of a step of a search for neighbours; its queries follow each other in stored order.
int64_t first_query_of_step(const Workload& workload, int64_t step);

}  // namespace trainmark::workload
