// The interface between the native worker and a search for the k nearest neighbours by brute force.
//
// There is one right answer: distances are exact integers, and ties are decided (docs/protocol.md, "Nearest neighbours").
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <memory>
#include <string>

#include "backends/options.hpp"
#include "core/result.hpp"
#include "data/samples.hpp"

namespace trainmark::backends {

/// Most values of an image whose distances, and what they are computed from, fit 32 bits with a sign: 2^31 / (2 x 255 x 256).
inline constexpr int64_t kMostNeighbourPixels = 16'384;

class NeighbourSearch {
 public:
  virtual ~NeighbourSearch() = default;
  /// Whatever is done with the training samples once they are in memory. `train` must outlive the predictions; 1 <= k <= its count.
  /// Error: images of more than kMostNeighbourPixels values, k out of range.
  virtual core::Result<void> fit(const data::SamplesView& train, int64_t k) = 0;
  /// The class of each query, into (count) `classes`. Needs a fit.
  virtual void predict(const uint8_t* queries,  // (count, pixels)
                       int64_t count, int32_t* classes) = 0;
  /// Name of the implementation.
  virtual std::string kernel() const = 0;
  virtual MemoryUse memory() const = 0;
};

/// What every search refuses in `fit`.
inline core::Result<void> check_fit(const data::SamplesView& train, int64_t k) {
  if (train.shape.size() > kMostNeighbourPixels) {
    return core::unavailable(
        fmt::format("images of {} values are too large for exact 32-bit distances; at most {} are supported", train.shape.size(), kMostNeighbourPixels));
  }
  if (k >= 1 && k <= train.count) return {};
  return core::usage_error(fmt::format("{} nearest neighbours cannot be found among {} training samples; k must be from 1 to that", k, train.count));
}

}  // namespace trainmark::backends
