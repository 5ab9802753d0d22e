#include "data/synthetic_digits.hpp"

#include <algorithm>
#include <numeric>

#include "core/check.hpp"
#include "core/thread_pool.hpp"
#include "data/render.hpp"

namespace trainmark::data {
namespace {

constexpr uint64_t kSeed = 0x7472'6169'6E6D'6B31;  // "trainmk1"
constexpr int64_t kImageSize = kDigitSide * kDigitSide;

int64_t split_size(SyntheticSplit split) { return split == SyntheticSplit::kTrain ? kSyntheticTrain : kSyntheticTest; }

// Streams of the seed: (split, purpose, index) in disjoint bits.
uint64_t stream(SyntheticSplit split, uint64_t purpose, uint64_t index) { return static_cast<uint64_t>(split) << 40 | purpose << 36 | index; }
constexpr uint64_t kImages = 0, kLabels = 1;

}  // namespace

std::vector<uint8_t> synthetic_labels(SyntheticSplit split, int64_t count) {
  CHECK(count >= 0 && count <= split_size(split), "a split has no more images than that");
  std::vector<uint8_t> labels(static_cast<size_t>(split_size(split)));
  for (size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<uint8_t>(i % 10);
  core::Philox random(kSeed, stream(split, kLabels, 0));
  for (size_t i = labels.size() - 1; i > 0; --i) std::swap(labels[i], labels[random.below(static_cast<uint32_t>(i + 1))]);
  labels.resize(static_cast<size_t>(count));
  return labels;
}

void make_synthetic_image(SyntheticSplit split, int64_t index, int digit, const Variation& variation, std::span<uint8_t> pixels) {
  core::Philox random(kSeed, stream(split, kImages, static_cast<uint64_t>(index)));
  const auto glyphs = glyphs_of(digit);
  const Glyph& glyph = glyphs[random.below(static_cast<uint32_t>(glyphs.size()))];
  std::vector<Line> lines;
  distort(glyph, variation, random, lines);
  const int32_t radius = between(random, variation.radius_min, variation.radius_max);
  const int32_t ink = between(random, variation.ink_min, 255);
  draw_lines(lines, radius, ink, pixels);
  add_noise(between(random, 0, variation.noise_max), random, pixels);
}

SyntheticSamples make_synthetic(SyntheticSplit split, int64_t count, int threads, const Variation& variation) {
  SyntheticSamples samples;
  samples.labels = synthetic_labels(split, count);
  samples.pixels.resize(static_cast<size_t>(count * kImageSize));
  core::ThreadPool pool(threads);
  const std::span<uint8_t> pixels(samples.pixels);
  pool.run(static_cast<int>(count), [&](int image, int) {
    const auto i = static_cast<size_t>(image);
    make_synthetic_image(split, image, samples.labels[i], variation, pixels.subspan(i * kImageSize, kImageSize));
  });
  return samples;
}

}  // namespace trainmark::data
