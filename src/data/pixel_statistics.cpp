#include "data/pixel_statistics.hpp"

#include <algorithm>
#include <functional>

namespace trainmark::data {

PixelStatistics pixel_statistics(const SamplesView& samples) {
  constexpr int64_t kMostSamples = 1000;
  const int64_t size = samples.shape.size(), counted = std::min(samples.count, kMostSamples);
  if (counted * size == 0) return {};
  // Neighbours mostly are the background: in counters of four, an increment need not wait for the one before.
  std::array<std::array<int64_t, 256>, 4> parts{};
  for (int64_t i = 0; i < counted; ++i) {
    const uint8_t* const image = samples.pixels + samples.count * i / counted * size;
    for (int64_t p = 0; p < size; ++p) ++parts[static_cast<size_t>(p % 4)][image[p]];
  }
  std::array<int64_t, 256> counts{};
  for (const auto& part : parts) std::transform(part.begin(), part.end(), counts.begin(), counts.begin(), std::plus<>());
  const auto most = std::max_element(counts.begin(), counts.end());
  return {static_cast<uint8_t>(most - counts.begin()), 1 - static_cast<double>(*most) / static_cast<double>(counted * size)};
}

}  // namespace trainmark::data
