// Random samples and states for tests: pure functions of a seed.
#pragma once

#include <cstdint>
#include <numeric>
#include <vector>

#include "backends/backend.hpp"
#include "core/philox.hpp"
#include "data/samples.hpp"
#include "network/network.hpp"

namespace trainmark::tests {

/// Owns random images with labels, a table that maps pixels to about [-1, 1], and the indices 0, 1, 2 ... It must not be
/// moved while a view or an input refers to it.
struct RandomSamples {
  std::vector<uint8_t> pixels, labels;
  std::vector<int32_t> indices;
  data::Shape3 shape;
  int classes = 0;
  data::NormalisationTable normalisation;

  RandomSamples(const network::Shape& image, int64_t count, int64_t class_count, uint64_t seed)
      : shape{image.c, image.h, image.w}, classes(static_cast<int>(class_count)) {
    core::Philox random(seed, 0x5A3);
    pixels.resize(static_cast<size_t>(count * shape.size()));
    for (uint8_t& pixel : pixels) pixel = static_cast<uint8_t>(random.below(256));
    labels.resize(static_cast<size_t>(count));
    for (uint8_t& label : labels) label = static_cast<uint8_t>(random.below(static_cast<uint32_t>(classes)));
    indices.resize(static_cast<size_t>(count));
    std::iota(indices.begin(), indices.end(), 0);
    const std::vector<double> mean(static_cast<size_t>(shape.channels), 0.5), deviation(static_cast<size_t>(shape.channels), 0.55);
    normalisation = data::make_normalisation(255, mean, deviation);
  }

  data::SamplesView view() const { return {pixels.data(), labels.data(), static_cast<int64_t>(labels.size()), shape, classes}; }
};

/// The first images of `samples` as a step's input; `view` is samples.view(), kept by the caller.
inline backends::StepInput step_input(const RandomSamples& samples, const data::SamplesView& view, double learning_rate = 0.1, int64_t step = 0) {
  return {&view, &samples.normalisation, samples.indices.data(), learning_rate, 7, step};
}

}  // namespace trainmark::tests
