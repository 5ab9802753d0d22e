// 16-bit products for every instruction set: a tile of queries times images, lanes along the pixels.
//
// Images stay bytes and are widened when they are loaded; queries are widened once. A product of pixels fits 17 bits, a sum of
// kMostNeighbourPixels of them 31. The sums over lanes at the end cost a tenth of a tile of 784 pixels.
#include "backends/cpu/targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/neighbours_products.cpp"
#include <hwy/foreach_target.h>

#include "backends/cpu/kernels.hpp"
#include "backends/cpu/neighbours.hpp"
#include "backends/cpu/simd.hpp"

HWY_BEFORE_NAMESPACE();
namespace trainmark::backends::cpu::HWY_NAMESPACE {
namespace {

constexpr int kImages = 4;
constexpr int kQueries = 4;
constexpr int64_t kMultiple = 32;  // pixels of the widest vector

void pack(const uint8_t* images, PackedImages& packed, int64_t panel) {
  const int64_t stride = packed.width / kImages;
  for (int64_t i = panel * kImages; i < packed.count && i < (panel + 1) * kImages; ++i) {
    const uint8_t* image = images + i * packed.pixels;
    uint8_t* to = packed.bytes.data() + i * stride;
    int32_t squares = 0;
    for (int64_t p = 0; p < packed.pixels; ++p) {
      to[p] = image[p];
      squares += image[p] * image[p];
    }
    packed.offsets[static_cast<size_t>(i)] = squares;
  }
}

void pack_query(const uint8_t* query, int64_t pixels, uint8_t* to) {
  auto* values = reinterpret_cast<int16_t*>(to);
  for (int64_t p = 0; p < pixels; ++p) values[p] = query[p];
}

// sums (R, kImages): products of R queries, `stride` values apart, and the images of a panel.
template <int R>
void products(const uint8_t* HWY_RESTRICT x, const int16_t* HWY_RESTRICT q, int64_t stride, int32_t* sums) {
#if HWY_TARGET == HWY_EMU128
  // GCC before 12.3 miscompiles 16-bit multiplications of portable vectors (bug 106322), so here are none.
  for (int r = 0; r < R; ++r) {
    for (int i = 0; i < kImages; ++i) {
      int32_t sum = 0;
      for (int64_t p = 0; p < stride; ++p) sum += q[r * stride + p] * x[i * stride + p];
      sums[r * kImages + i] = sum;
    }
  }
#else
  const hn::CappedTag<int16_t, 32> d16;
  const hn::Rebind<uint8_t, decltype(d16)> d8;
  const hn::RepartitionToWide<decltype(d16)> d32;
  using V32 = hn::Vec<decltype(d32)>;
  constexpr int64_t kLanes = static_cast<int64_t>(hn::MaxLanes(d16));
  V32 sum[R][kImages], upper[R][kImages];
  unroll<R>([&](auto r) CPU_LAMBDA { unroll<kImages>([&](auto i) CPU_LAMBDA { sum[r][i] = upper[r][i] = hn::Zero(d32); }); });
  for (int64_t p = 0; p < stride; p += kLanes) {
    hn::Vec<decltype(d16)> query[R];
    unroll<R>([&](auto r) CPU_LAMBDA { query[r] = hn::LoadU(d16, q + r * stride + p); });
    unroll<kImages>([&](auto i) CPU_LAMBDA {
      const auto image = hn::PromoteTo(d16, hn::LoadU(d8, x + i * stride + p));
      unroll<R>([&](auto r) CPU_LAMBDA { sum[r][i] = hn::ReorderWidenMulAccumulate(d32, query[r], image, sum[r][i], upper[r][i]); });
    });
  }
  unroll<R>([&](auto r) CPU_LAMBDA {
    unroll<kImages>([&](auto i) CPU_LAMBDA { sums[r * kImages + i] = hn::GetLane(hn::SumOfLanes(d32, hn::Add(sum[r][i], upper[r][i]))); });
  });
#endif
}

template <int R>
void tile(const PackedImages& packed, int64_t panel, const uint8_t* query, const Best* best) {
  int32_t sums[R * kImages];
  products<R>(packed.bytes.data() + panel * packed.width, reinterpret_cast<const int16_t*>(query), packed.width / kImages, sums);
  for (int r = 0; r < R; ++r) {
    for (int64_t i = panel * kImages; i < packed.count && i < (panel + 1) * kImages; ++i) {
      const int32_t key = packed.offsets[static_cast<size_t>(i)] - 2 * sums[r * kImages + i % kImages];
      if (key < best[r].worst()) insert(best[r], key, packed.labels[i]);
    }
  }
}

void search(const PackedImages& packed, int64_t panel, const QueryBlock& queries) {
  const int64_t bytes = packed.width / kImages * static_cast<int64_t>(sizeof(int16_t));
  int64_t q = 0;
  for (; q + kQueries <= queries.count; q += kQueries) tile<kQueries>(packed, panel, queries.bytes.data() + q * bytes, queries.best.data() + q);
  for (; q < queries.count; ++q) tile<1>(packed, panel, queries.bytes.data() + q * bytes, queries.best.data() + q);
}

constexpr NeighbourKernel kKernel = {"16-bit products", kImages, sizeof(int16_t), kMultiple, pack, pack_query, search};

void fill(Kernels& kernels) { kernels.neighbours = &kKernel; }

}  // namespace
}  // namespace trainmark::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trainmark::backends::cpu {
HWY_EXPORT(fill);
void fill_neighbours(Kernels& kernels) { HWY_DYNAMIC_DISPATCH(fill)(kernels); }
}  // namespace trainmark::backends::cpu
#endif
