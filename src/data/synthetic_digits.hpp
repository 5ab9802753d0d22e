// `synthetic-digits`: 60,000 + 10,000 grey 28x28 images of digits, made on the machine and the same to the bit everywhere.
//
// For machines and tests that have no MNIST. Image i of a split is a pure function of (seed, split, i): the set does not
// depend on the number of threads or on the order of making. No floating point takes part.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "data/distort.hpp"

namespace trainmark::data {

constexpr std::string_view kSyntheticVersion = "2";
constexpr int64_t kSyntheticTrain = 60'000;
constexpr int64_t kSyntheticTest = 10'000;

enum class SyntheticSplit : uint32_t { kTrain = 0, kTest = 1 };

/// Images (count, 28, 28) and labels (count) 0..9.
struct SyntheticSamples {
  std::vector<uint8_t> pixels;
  std::vector<uint8_t> labels;
};

/// The labels of the split's first `count` images. The whole split is balanced: every class has a tenth of it.
std::vector<uint8_t> synthetic_labels(SyntheticSplit split, int64_t count);

/// Image `index` of the split, which shows `digit`, into `pixels` (28, 28).
void make_synthetic_image(SyntheticSplit split, int64_t index, int digit, const Variation& variation, std::span<uint8_t> pixels);

/// The split's first `count` images and labels, made by `threads` threads.
SyntheticSamples make_synthetic(SyntheticSplit split, int64_t count, int threads, const Variation& variation = {});

/// dataset_sha256 of the whole set: the promise that every machine makes the same one.
constexpr std::string_view kSyntheticSha256 = "2f31676a8ee10b89e30ef3d2df5df9d38d3fc4b69db6cb8a1cc28221e57e3407";

}  // namespace trainmark::data
