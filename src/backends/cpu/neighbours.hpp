// How the engine cpu finds nearest neighbours: images packed once per fit, then tiles of queries times images in registers.
//
// |q - x|^2 = |q|^2 + |x|^2 - 2 q.x, and |q|^2 is the same for all images x of a query; so images are compared by the key
// |x|^2 - 2 q.x, an exact integer. A tile's keys are compared with the k-th best at once, as vectors; only where one is
// smaller is a list changed, about k log(images / k) times a query. Images come in ascending order and a list changes only
// for a smaller key, so of equal distances the lowest index stays.
//
// Two kernels: 16-bit products along the pixels for every instruction set, and 8-bit products with images as lanes for
// machines with AVX-512 VNNI, which multiply four times as many values an instruction.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "core/thread_pool.hpp"
#include "data/samples.hpp"

namespace trainmark::backends::cpu {

/// Training images in the form of one kernel.
struct PackedImages {
  std::vector<uint8_t> bytes;    ///< pixels, padded with zeros, as the kernel wants them
  std::vector<int32_t> offsets;  ///< (count, padded): what the key of an image begins with; of padding the largest number, which never wins
  const uint8_t* labels = nullptr;
  int64_t count = 0, pixels = 0;
  int64_t panels = 0;  ///< groups of images that a tile computes with
  int64_t width = 0;   ///< bytes of a panel
};

/// The k best of one query, ascending; at first filled with the largest key.
struct Best {
  int32_t* keys = nullptr;
  uint8_t* labels = nullptr;
  int64_t k = 0;

  int32_t worst() const { return keys[k - 1]; }
};

/// A stretch of queries in the form of a kernel, with their lists.
struct QueryBlock {
  std::vector<uint8_t> bytes;
  std::vector<Best> best;
  int64_t count = 0;
};

struct NeighbourKernel {
  std::string_view name;
  int64_t panel = 1;        ///< images of a panel
  int64_t query_bytes = 1;  ///< bytes of one pixel of a query
  int64_t multiple = 1;     ///< pixels that an image and a query are padded to a multiple of
  /// Fills panel number `panel` from images [panel * kernel.panel ...); padding is 0 already.
  void (*pack)(const uint8_t* images, PackedImages& packed, int64_t panel) = nullptr;
  /// One query of `pixels` values to `to`, whose padding is 0 already.
  void (*pack_query)(const uint8_t* query, int64_t pixels, uint8_t* to) = nullptr;
  /// All queries of the block against one panel.
  void (*search)(const PackedImages& packed, int64_t panel, const QueryBlock& queries) = nullptr;
};

/// Kernels of an instruction set that this machine can run, best first. "": of the best instruction set.
std::vector<NeighbourKernel> neighbour_kernels(std::string_view isa);

/// With 8-bit products; name "" where this build or machine has none.
NeighbourKernel vnni_kernel();

/// A smaller key takes its place behind all that are not larger.
inline void insert(const Best& best, int32_t key, uint8_t label) {
  int64_t at = best.k - 1;
  for (; at > 0 && best.keys[at - 1] > key; --at) {
    best.keys[at] = best.keys[at - 1];
    best.labels[at] = best.labels[at - 1];
  }
  best.keys[at] = key;
  best.labels[at] = label;
}

}  // namespace trainmark::backends::cpu
