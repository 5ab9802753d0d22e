// The vocabulary of samples: shape of one image, a view of a split's 8-bit pixels and labels, and the normalisation.
//
// Pixels stay 8-bit from the file to the place where a batch is gathered; only there a table of 256 floats per channel
// turns them into inputs. So every platform gets the same inputs to the bit, and a data set takes a quarter of the memory.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace trainmark::data {

/// Shape of one image.
struct Shape3 {
  int64_t channels = 0, height = 0, width = 0;
  /// Pixels of one image, all channels.
  int64_t size() const { return channels * height * width; }
  bool operator==(const Shape3&) const = default;
};

/// Images of one split: 8-bit pixels and one label each. A view: whoever made it keeps the memory alive.
struct SamplesView {
  const uint8_t* pixels = nullptr;  ///< (count, channels, height, width), row-major
  const uint8_t* labels = nullptr;  ///< (count), each in [0, classes)
  int64_t count = 0;                ///< images
  Shape3 shape;                     ///< of one image
  int classes = 0;                  ///< number of classes
};

/// Normalisation applied where a batch is gathered: value = channels[c][pixel].
struct NormalisationTable {
  std::vector<std::array<float, 256>> channels;
};

/// ((pixel / divide_by) - mean[c]) / deviation[c] for every channel and pixel, computed in double, rounded once to float.
/// `mean` and `deviation` have one entry per channel; divide_by and deviations are not zero.
NormalisationTable make_normalisation(double divide_by, std::span<const double> mean, std::span<const double> deviation);

}  // namespace trainmark::data
