// 8-bit products for AVX-512 VNNI: vpdpbusd multiplies 64 unsigned by 64 signed bytes and adds them to 16 sums.
//
// Lanes are images, so that no sum over lanes is needed and keys stand side by side for the comparison: a panel holds, for
// four pixels after the other, those of 32 images. Queries are the signed side, as q - 128, four pixels broadcast at a
// time: q.x = (q - 128).x + 128 sum(x), whose second term belongs to the image. Sums do not saturate. A tile of 12 queries
// and 32 images fills 24 of 32 registers; a panel of 784 pixels has 25 KB and stays in the first level.
#include "backends/cpu/neighbours.hpp"

#if defined(__x86_64__)
#include <hwy/base.h>
#include <immintrin.h>

#include <cstring>

namespace trainmark::backends::cpu {
namespace {

constexpr int kImages = 32;  // two vectors of 16 sums
constexpr int kQueries = 12;
constexpr int64_t kPixels = 4;  // of an image in a lane

int64_t lines_of(const PackedImages& packed) { return packed.width / (kImages * kPixels); }

void pack(const uint8_t* images, PackedImages& packed, int64_t panel) {
  const int64_t first = panel * kImages;
  uint8_t* const to = packed.bytes.data() + panel * packed.width;
  for (int64_t i = 0; i < kImages && first + i < packed.count; ++i) {
    const uint8_t* image = images + (first + i) * packed.pixels;
    int32_t sum = 0, squares = 0;
    for (int64_t p = 0; p < packed.pixels; ++p) {
      sum += image[p];
      squares += image[p] * image[p];
    }
    packed.offsets[static_cast<size_t>(first + i)] = squares - 256 * sum;  // |x|^2 - 2 x 128 sum(x)
    const int64_t whole = packed.pixels / kPixels, rest = packed.pixels % kPixels;
    for (int64_t line = 0; line < whole; ++line) std::memcpy(to + (line * kImages + i) * kPixels, image + line * kPixels, kPixels);
    if (rest > 0) std::memcpy(to + (whole * kImages + i) * kPixels, image + whole * kPixels, static_cast<size_t>(rest));
  }
}

void pack_query(const uint8_t* query, int64_t pixels, uint8_t* to) {
  for (int64_t p = 0; p < pixels; ++p) to[p] = query[p] ^ 0x80;  // q - 128 as a signed byte
}

HWY_PUSH_ATTRIBUTES("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")

// Keys of 16 images against the list of one query.
inline void compare(__m512i keys, const uint8_t* labels, const Best& best) {
  auto smaller = static_cast<unsigned>(_mm512_cmplt_epi32_mask(keys, _mm512_set1_epi32(best.worst())));
  if (smaller == 0) return;
  alignas(64) int32_t stored[16];
  _mm512_store_si512(stored, keys);
  for (; smaller != 0; smaller &= smaller - 1) {
    const int i = __builtin_ctz(smaller);
    if (stored[i] < best.worst()) insert(best, stored[i], labels[i]);
  }
}

// As _mm512_dpbusd_epi32, but certain to work in place: around the intrinsic GCC 12 copies every sum twice and moves half of
// them through memory, which takes three times as long.
inline void add_products(__m512i& sum, __m512i unsigned_bytes, __m512i signed_bytes) {
  asm("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(unsigned_bytes), "v"(signed_bytes));
}

template <int R>
void tile(const PackedImages& packed, int64_t panel, const uint8_t* query, const Best* best) {
  const uint8_t* HWY_RESTRICT x = packed.bytes.data() + panel * packed.width;
  const int64_t lines = lines_of(packed);
  __m512i sum[R][2];
#pragma GCC unroll 12
  for (int r = 0; r < R; ++r) {
    sum[r][0] = _mm512_setzero_si512();
    sum[r][1] = _mm512_setzero_si512();
  }
  for (int64_t line = 0; line < lines; ++line, x += kImages * kPixels) {
    const __m512i x0 = _mm512_loadu_si512(x), x1 = _mm512_loadu_si512(x + 64);
#pragma GCC unroll 12
    for (int r = 0; r < R; ++r) {
      int32_t four;
      std::memcpy(&four, query + (r * lines + line) * kPixels, sizeof four);
      const __m512i q = _mm512_set1_epi32(four);
      add_products(sum[r][0], x0, q);
      add_products(sum[r][1], x1, q);
    }
  }
  // Only real images can be smaller than what a list holds, so labels are not read behind their end. Every loop over `sum`
  // must be unrolled: with one that is not, GCC keeps the sums in memory, in the loop above too, which then takes twice as long.
  const int64_t first = panel * kImages;
  const __m512i offset0 = _mm512_loadu_si512(packed.offsets.data() + first), offset1 = _mm512_loadu_si512(packed.offsets.data() + first + 16);
#pragma GCC unroll 12
  for (int r = 0; r < R; ++r) {
    compare(_mm512_sub_epi32(offset0, _mm512_add_epi32(sum[r][0], sum[r][0])), packed.labels + first, best[r]);
    compare(_mm512_sub_epi32(offset1, _mm512_add_epi32(sum[r][1], sum[r][1])), packed.labels + first + 16, best[r]);
  }
}

HWY_POP_ATTRIBUTES

using Tile = void (*)(const PackedImages& packed, int64_t panel, const uint8_t* query, const Best* best);
constexpr Tile kTiles[kQueries] = {tile<1>, tile<2>, tile<3>, tile<4>, tile<5>, tile<6>, tile<7>, tile<8>, tile<9>, tile<10>, tile<11>, tile<12>};

void search(const PackedImages& packed, int64_t panel, const QueryBlock& queries) {
  const int64_t stride = lines_of(packed) * kPixels;
  for (int64_t q = 0; q < queries.count; q += kQueries) {
    const int64_t rows = queries.count - q < kQueries ? queries.count - q : kQueries;
    kTiles[rows - 1](packed, panel, queries.bytes.data() + q * stride, queries.best.data() + q);
  }
}

}  // namespace

NeighbourKernel vnni_kernel() {
  const bool runs = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
                    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vnni");
  if (!runs) return {};
  return {"8-bit products, avx512 vnni", kImages, 1, kPixels, pack, pack_query, search};
}

}  // namespace trainmark::backends::cpu

#else

namespace trainmark::backends::cpu {
NeighbourKernel vnni_kernel() { return {}; }
}  // namespace trainmark::backends::cpu

#endif
