// The one hot loop of the reference: a small matrix product whose innermost loop runs over contiguous outputs.
//
// Every long sum of the reference goes through it. Each output adds its terms one after the other in the order of
// `depth`, a product rounded before it is added, so the result is the same to the bit on every instruction set; the
// speed comes from computing many outputs at once.
#pragma once

#include <cstdint>
#include <vector>

namespace trainmark::backends::reference {

inline constexpr int64_t kTileColumns = 32;  ///< outputs of a row that are computed together
inline constexpr int64_t kTileRows = 4;
inline constexpr int64_t kTileDepth = 128;  ///< terms per call: 32 KiB of b in double, a level-1 cache

/// sums[r][j] += sum over k of a[k][r] b[k][j], the sum over k being taken apart first (so long sums are sums of sums).
/// Columns from `columns` rounded up to a cache line on are left alone.
template <class T>
using TileKernel = void (*)(int64_t depth, int64_t columns,
                            const T* a,  // (depth, kTileRows) or (depth, 1)
                            const T* b,  // (depth, kTileColumns), 64-byte aligned
                            T* sums);    // (kTileRows or 1, kTileColumns), 64-byte aligned

template <class T>
struct TileKernels {
  TileKernel<T> four_rows = nullptr;
  TileKernel<T> one_row = nullptr;
  const char* name = "";  ///< "tiles, avx512f" ...
};

/// The same arithmetic compiled for every instruction set that this machine has, best first.
template <class T>
std::vector<TileKernels<T>> all_tile_kernels();

/// The best of them.
template <class T>
const TileKernels<T>& tile_kernels();

extern template std::vector<TileKernels<float>> all_tile_kernels<float>();
extern template std::vector<TileKernels<double>> all_tile_kernels<double>();
extern template const TileKernels<float>& tile_kernels<float>();
extern template const TileKernels<double>& tile_kernels<double>();

}  // namespace trainmark::backends::reference
