// The tile kernel, compiled for several instruction sets by the target attribute and chosen once at start.
//
// Vector extensions of GCC and Clang instead of intrinsics: the same source for every architecture, lowered to what the
// target has. On a 2.5 GHz Cascade Lake core, in double: dense 784 -> 128, batch 64, 17 GFLOP/s; convolutions 64 -> 64,
// 3x3, 16x16 images 13; 512 -> 512, 8x8 images 7; the whole of mnist-cnn 2.4.
#include "backends/reference/tile.hpp"

namespace trainmark::backends::reference {
namespace {

constexpr int64_t kLineBytes = 64;

// Always inlined, so that it is compiled with the instruction set of the function that calls it.
template <class T, int Rows>
[[gnu::always_inline]] inline void tile(int64_t depth, int64_t columns, const T* a, const T* b, T* sums) {
  typedef T Line __attribute__((vector_size(kLineBytes)));
  constexpr int64_t kLine = kLineBytes / static_cast<int64_t>(sizeof(T));
  for (int64_t j = 0; j < columns; j += kLine) {
    Line total[Rows] = {};
    for (int64_t k = 0; k < depth; ++k) {
      const Line term = *reinterpret_cast<const Line*>(b + k * kTileColumns + j);
      for (int r = 0; r < Rows; ++r) total[r] += a[k * Rows + r] * term;
    }
    for (int r = 0; r < Rows; ++r) *reinterpret_cast<Line*>(sums + r * kTileColumns + j) += total[r];
  }
}

template <class T, int Rows>
void tile_portable(int64_t depth, int64_t columns, const T* a, const T* b, T* sums) {
  tile<T, Rows>(depth, columns, a, b, sums);
}

#if defined(__x86_64__)
template <class T, int Rows>
[[gnu::target("avx2")]] void tile_avx2(int64_t depth, int64_t columns, const T* a, const T* b, T* sums) {
  tile<T, Rows>(depth, columns, a, b, sums);
}
template <class T, int Rows>
[[gnu::target("avx512f")]] void tile_avx512(int64_t depth, int64_t columns, const T* a, const T* b, T* sums) {
  tile<T, Rows>(depth, columns, a, b, sums);
}
#endif

}  // namespace

template <class T>
std::vector<TileKernels<T>> all_tile_kernels() {
  std::vector<TileKernels<T>> kernels;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) kernels.push_back({tile_avx512<T, kTileRows>, tile_avx512<T, 1>, "tiles, avx512f"});
  if (__builtin_cpu_supports("avx2")) kernels.push_back({tile_avx2<T, kTileRows>, tile_avx2<T, 1>, "tiles, avx2"});
#endif
  kernels.push_back({tile_portable<T, kTileRows>, tile_portable<T, 1>, "tiles, portable"});
  return kernels;
}

template <class T>
const TileKernels<T>& tile_kernels() {
  static const TileKernels<T> best = all_tile_kernels<T>().front();
  return best;
}

template std::vector<TileKernels<float>> all_tile_kernels<float>();
template std::vector<TileKernels<double>> all_tile_kernels<double>();
template const TileKernels<float>& tile_kernels<float>();
template const TileKernels<double>& tile_kernels<double>();

}  // namespace trainmark::backends::reference
