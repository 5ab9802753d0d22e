// Nearest neighbours in the plainest way: every distance is a sum of squared differences of pixels, in integers.
//
// This is what the proof holds searches against, so it shares nothing with them: no norms, no products, no lists that are
// kept while distances come in. A vote also tells which classes another choice among equally distant images would give.
#pragma once

#include <bitset>
#include <memory>
#include <span>
#include <vector>

#include "backends/neighbours.hpp"
#include "core/thread_pool.hpp"

namespace trainmark::backends::reference {

enum class Metric { kSquared, kAbsolute };  ///< sum of (a - b)^2, or of |a - b|

/// What the k nearest say about one query.
struct Vote {
  int32_t predicted = 0;      ///< of images with equal distances the lowest indices vote; of classes with equal votes the lowest wins
  std::bitset<256> possible;  ///< classes that some choice among the images at the k-th distance gives, `predicted` among them
};

/// The vote of the k nearest by `distances` (images). 1 <= k <= images.
Vote vote(std::span<const int32_t> distances, const uint8_t* labels, int64_t k);

/// The votes on the samples `chosen` of `queries` by the images of `train`, which have the same shape.
std::vector<Vote> votes(const data::SamplesView& train, const data::SamplesView& queries, std::span<const int32_t> chosen, int64_t k, Metric metric,
                        core::ThreadPool& pool);

/// As a platform. Error: threads below 1.
core::Result<std::unique_ptr<NeighbourSearch>> create_neighbours(const EngineOptions& options);

}  // namespace trainmark::backends::reference
