// Steps of `cpu` against the reference in double precision, from the same state and with the same batch.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "backends/cpu/engine.hpp"
#include "backends/reference/checked_step.hpp"
#include "core/philox.hpp"
#include "network/builder.hpp"
#include "network/parameters.hpp"
#include "network/zoo.hpp"
#include "plan/passes.hpp"

namespace trainmark::backends::cpu {

/// Random pixels and labels for a network, with a normalisation, and indices with repetitions; the last image is among them.
struct Batch {
  std::vector<uint8_t> pixels, labels;
  data::SamplesView view;
  data::NormalisationTable normalisation;
  std::vector<int32_t> indices;

  Batch(const network::Network& network, int64_t batch, double mean = 0.1307, double deviation = 0.3081, data::PixelStatistics drawn = {0, 0.67}) {
    const int64_t count = batch + 5;
    core::Philox random(11, static_cast<uint64_t>(batch));
    view.shape = {network.input.c, network.input.h, network.input.w};
    pixels.resize(static_cast<size_t>(count * view.shape.size()));
    labels.resize(static_cast<size_t>(count));
    for (auto& p : pixels) p = random.uniform() < drawn.other_share ? static_cast<uint8_t>(random.below(256)) : drawn.background;
    for (auto& l : labels) l = static_cast<uint8_t>(random.below(static_cast<uint32_t>(network.classes)));
    for (int64_t i = 0; i < batch; ++i) indices.push_back(static_cast<int32_t>(random.below(static_cast<uint32_t>(count))));
    indices.back() = static_cast<int32_t>(count - 1);
    view.pixels = pixels.data();
    view.labels = labels.data();
    view.count = count;
    view.classes = static_cast<int>(network.classes);
    const std::vector<double> means(static_cast<size_t>(network.input.c), mean), deviations(static_cast<size_t>(network.input.c), deviation);
    normalisation = data::make_normalisation(255, means, deviations);
  }

  StepInput input(double learning_rate = 0.05, int64_t step = 3) const {
    StepInput in;
    in.samples = &view;
    in.normalisation = &normalisation;
    in.indices = indices.data();
    in.learning_rate = learning_rate;
    in.seed = 7;
    in.step = step;
    return in;
  }
};

/// Initial parameters with biases and statistics moved off zero, and the optimiser's state where there is some.
inline core::TensorMap random_state(const network::Network& network, const plan::Optimiser& optimiser) {
  core::TensorMap state = network::initial_state(network, 5);
  core::Philox random(13);
  core::TensorMap momentum;
  for (auto& [name, tensor] : state) {
    auto& values = std::get<std::vector<float>>(tensor.values);
    const bool variance = name.ends_with("running_var");
    for (auto& v : values) v += static_cast<float>(variance ? random.uniform() : 0.1 * random.normal());
    if (name.find("running_") != std::string::npos) continue;
    for (const std::string& suffix : plan::state_suffixes(optimiser)) {
      core::TensorValues m = tensor;
      const bool square = suffix == "exp_avg_sq" || suffix == "square_avg";
      for (auto& v : std::get<std::vector<float>>(m.values)) v = static_cast<float>(square ? 1e-4 + 0.01 * random.uniform() : 0.1 * random.normal());
      momentum[name + "." + suffix] = std::move(m);
    }
  }
  state.merge(momentum);
  return state;
}

/// Largest |a - b| over the tensor, in units of float32's epsilon times the tensor's largest magnitude (of the value, or
/// of the sum of absolute terms of its change). A value left out, counted twice or taken from elsewhere is far above it.
inline double worst_error(const core::TensorValues& got, const core::TensorValues& expected, const core::TensorValues* magnitudes) {
  const auto a = got.as_double(), b = expected.as_double();
  double magnitude = 1e-30, worst = 0;
  for (const double v : b) magnitude = std::max(magnitude, std::abs(v));
  for (const double v : magnitudes != nullptr ? magnitudes->as_double() : std::vector<double>()) magnitude = std::max(magnitude, v);
  for (size_t i = 0; i < a.size(); ++i) {
    const double error = std::abs(a[i] - b[i]) / (magnitude * 0x1p-23);
    if (!(error <= worst)) worst = error;  // NaN is worst of all
  }
  return worst;
}

/// Sum of squared differences over the sum of squares: for steps where a decision near a tie may have gone the other way.
inline double squared_error(const core::TensorValues& got, const core::TensorValues& expected) {
  const auto a = got.as_double(), b = expected.as_double();
  double error = 0, size = 1e-30;
  for (size_t i = 0; i < a.size(); ++i) {
    error += (a[i] - b[i]) * (a[i] - b[i]);
    size += b[i] * b[i];
  }
  return error / size;
}

struct Case {
  network::Network network;
  int64_t batch = 1;
  plan::Training training;
  std::string isa;
  int threads = 1;
  double mean = 0.1307, deviation = 0.3081;
  data::PixelStatistics pixels = {0, 0.67};
};

inline std::unique_ptr<Engine> make_engine(const std::string& isa, int threads, const data::PixelStatistics& pixels = {}) {
  EngineOptions options;
  options.pixels = pixels;
  options.isa = isa;
  options.threads = threads;
  auto engine = create_engine(options);
  EXPECT_TRUE(engine.ok()) << (engine.ok() ? "" : engine.error().message);
  return std::move(*engine);
}

/// Runs one training step of both and compares loss, correct answers and all state. `allowed`: units of epsilon times
/// the sum of absolute terms of the step's change, plus the value itself; decisions of ReLU and pooling near a tie widen it.
inline void expect_same_step(const Case& c, double allowed = 64) {
  const plan::Plan plan = plan::training_plan(c.network, c.batch, c.training);
  const Batch batch(c.network, c.batch, c.mean, c.deviation, c.pixels);
  const core::TensorMap state = random_state(c.network, c.training.optimiser);
  auto engine = make_engine(c.isa, c.threads, data::pixel_statistics(batch.view));
  auto program = engine->compile(plan);
  ASSERT_TRUE(program.ok()) << program.error().message;
  ASSERT_TRUE(plan::verify((*program)->plan()).ok()) << plan::verify((*program)->plan()).error().message;
  ASSERT_TRUE(engine->load(state).ok());
  StepOutput output;
  const StepInput input = batch.input();
  (*program)->run(input, output);
  (*program)->sync();
  reference::CheckedStepOptions options;
  const auto expected = reference::checked_step(plan, state, input, options);
  ASSERT_TRUE(expected.ok()) << expected.error().message;
  const std::string where = c.network.name + " batch " + std::to_string(c.batch) + " isa " + c.isa + " threads " + std::to_string(c.threads);
  const bool ties = expected->near_ties > 0;
  EXPECT_NEAR(output.loss, expected->loss, 64 * 0x1p-23 * std::max(std::abs(expected->loss), expected->loss_magnitude)) << where;
  if (!ties) {
    EXPECT_EQ(output.correct, expected->correct) << where;
  }
  const core::TensorMap after = engine->dump();
  ASSERT_EQ(after.size(), expected->state_after.size()) << where;
  for (const auto& [name, tensor] : expected->state_after) {
    ASSERT_TRUE(after.count(name)) << name;
    const auto magnitudes = expected->state_magnitudes.find(name);
    const double error = worst_error(after.at(name), tensor, magnitudes == expected->state_magnitudes.end() ? nullptr : &magnitudes->second);
    if (ties) {
      EXPECT_LE(squared_error(after.at(name), tensor), 1e-4) << where << " tensor " << name;
    } else {
      EXPECT_LE(error, allowed) << where << " tensor " << name;
    }
  }
}

}  // namespace trainmark::backends::cpu
