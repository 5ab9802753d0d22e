#include "proof/hypotheses.hpp"

#include <fmt/format.h>

#include <cmath>
#include <numeric>

namespace trainmark::proof {
namespace {

// `value` with `bits` significant bits, to nearest even: 8 as bfloat16, 11 as TF32 and (within its range) float16.
double keep_bits(double value, int bits) {
  int exponent = 0;
  const double fraction = std::frexp(value, &exponent);
  return std::ldexp(std::nearbyint(std::ldexp(fraction, bits)), exponent - bits);
}

core::TensorMap with_fewer_bits(const core::TensorMap& state, int bits) {
  core::TensorMap result;
  for (const auto& [name, tensor] : state) {
    std::vector<double> values = tensor.as_double();
    for (double& v : values) v = keep_bits(v, bits);
    result[name] = {tensor.shape, std::move(values)};
  }
  return result;
}

core::TensorMap without_biases(const core::TensorMap& state) {
  core::TensorMap result = state;
  for (auto& [name, tensor] : result) {
    if (name.ends_with(".bias")) tensor.values = std::vector<double>(static_cast<size_t>(tensor.size()), 0.0);
  }
  return result;
}

data::NormalisationTable table_with_fewer_bits(data::NormalisationTable table, int bits) {
  for (auto& channel : table.channels) {
    for (float& v : channel) v = static_cast<float>(keep_bits(static_cast<double>(v), bits));
  }
  return table;
}

data::NormalisationTable plain_table(size_t channels, double divide_by) {
  const std::vector<double> mean(channels, 0.0), deviation(channels, 1.0);
  return data::make_normalisation(divide_by, mean, deviation);
}

// Tries one mistake after the other and remembers the one whose loss is nearest.
class Trials {
 public:
  Trials(Oracle& oracle, const WrongStep& wrong) : oracle_(oracle), wrong_(wrong) {
    const double distance = std::abs(wrong.loss - wrong.truth.exact.loss);
    nearest_ = std::min(std::max(2 * wrong.truth.model.loss, 0.02 * distance), distance / 2);
  }

  void add(double loss, const std::string& words) {
    const double distance = std::abs(loss - wrong_.loss);
    if (!(distance <= nearest_)) return;
    nearest_ = distance;
    words_ = words;
  }

  void add(const data::NormalisationTable& table, const core::TensorMap& state, std::span<const int32_t> indices, const std::string& words) {
    CheckedStepOptions options;
    options.magnitudes = false;
    options.forward_only = true;
    const auto step = train_step_with(oracle_, table, state, {indices, wrong_.step}, options);
    if (step) add(step->loss, words);
  }

  const std::optional<std::string>& words() const { return words_; }

 private:
  Oracle& oracle_;
  const WrongStep& wrong_;
  double nearest_ = 0;
  std::optional<std::string> words_;
};

void add_precisions(Oracle& oracle, const WrongStep& wrong, Trials& trials, std::span<const int32_t> batch) {
  const data::NormalisationTable& table = oracle.materials.normalisation;
  for (const auto& [bits, name] : {std::pair{8, "bfloat16"}, std::pair{11, "TF32 or float16"}}) {
    const core::TensorMap weights = with_fewer_bits(wrong.before, bits);
    const data::NormalisationTable inputs = table_with_fewer_bits(table, bits);
    const std::string words = fmt::format(" rounded to {} bits as in {}: a lower precision than asked for", bits, name);
    trials.add(table, weights, batch, "looks as if the weights were" + words);
    trials.add(inputs, weights, batch, "looks as if weights and inputs were" + words);
    trials.add(inputs, wrong.before, batch, "looks as if the inputs were" + words);
  }
}

void add_missing_biases(Oracle& oracle, const WrongStep& wrong, Trials& trials, std::span<const int32_t> batch) {
  const data::NormalisationTable& table = oracle.materials.normalisation;
  trials.add(table, without_biases(wrong.before), batch, "looks as if the biases were not added");
  for (const auto& [name, tensor] : wrong.before) {
    if (!name.ends_with(".bias")) continue;
    core::TensorMap state = wrong.before;
    state[name].values = std::vector<double>(static_cast<size_t>(tensor.size()), 0.0);
    trials.add(table, state, batch, "looks as if " + name + " was not added");
  }
}

}  // namespace

std::vector<BatchMistake> batch_mistakes(const workload::Materials& materials, int64_t step) {
  const auto batch = materials.batch(step);
  const size_t size = batch.size(), half = size / 2;
  std::vector<BatchMistake> mistakes;
  if (half > 0) {
    mistakes.push_back({"only the first half of the batch was used", {batch.begin(), batch.begin() + static_cast<ptrdiff_t>(half)}});
    mistakes.push_back({"only the second half of the batch was used", {batch.begin() + static_cast<ptrdiff_t>(size - half), batch.end()}});
  }
  const auto add_step = [&](int64_t other, const std::string& words) {
    const auto indices = materials.batch(other);
    mistakes.push_back({words, {indices.begin(), indices.end()}});
  };
  if (step > 0) add_step(step - 1, "the batch of the step before was repeated");
  if (step > 1) add_step(0, "the first batch was repeated");
  if (existing_step(materials, step + 1) == step + 1) add_step(step + 1, "the batch of the next step was used");
  const int64_t steps = workload::steps_per_epoch(materials.workload);
  std::vector<int32_t> stored(size);
  for (size_t i = 0; i < size; ++i) {
    stored[i] = static_cast<int32_t>((step % steps * materials.workload.recipe.batch_size + static_cast<int64_t>(i)) % materials.train.count);
  }
  mistakes.push_back({"samples were taken in their stored order instead of the shuffled one", std::move(stored)});
  return mistakes;
}

std::optional<std::string> explain_loss(Oracle& oracle, const WrongStep& wrong) {
  const auto batch = oracle.materials.batch(wrong.step);
  const data::NormalisationTable& table = oracle.materials.normalisation;
  Trials trials(oracle, wrong);
  trials.add(wrong.truth.exact.loss * static_cast<double>(batch.size()),
             fmt::format("the loss is {} times too large: looks as if it was not divided by the batch", batch.size()));
  for (const BatchMistake& mistake : batch_mistakes(oracle.materials, wrong.step))
    trials.add(table, wrong.before, mistake.indices, "looks as if " + mistake.words);
  const double divide_by = oracle.materials.workload.recipe.divide_by;
  trials.add(plain_table(table.channels.size(), divide_by), wrong.before, batch, "looks as if the normalisation was forgotten (pixels only divided)");
  trials.add(plain_table(table.channels.size(), 1), wrong.before, batch, "looks as if the normalisation was forgotten (raw pixels)");
  add_missing_biases(oracle, wrong, trials, batch);
  add_precisions(oracle, wrong, trials, batch);
  return trials.words();
}

}  // namespace trainmark::proof
