// What engines want to know of the pixels before they choose kernels.
#pragma once

#include "data/samples.hpp"

namespace trainmark::data {

struct PixelStatistics {
  uint8_t background = 0;  ///< the most frequent pixel
  double other_share = 1;  ///< of the pixels that are not the background
};

/// Counts the pixels of up to a thousand samples, evenly spaced. No samples: the defaults.
PixelStatistics pixel_statistics(const SamplesView& samples);

}  // namespace trainmark::data
