// What the kernels share for each instruction set: unrolled loops over constant indices, and transposes in registers.
//
// Included once per target (hence the toggled guard). Vectors have at most 16 floats, because 16 images are the lanes of
// Layout::kImageLanes; narrower machines take several vectors.
#if defined(TRAINMARK_CPU_SIMD_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef TRAINMARK_CPU_SIMD_HPP
#undef TRAINMARK_CPU_SIMD_HPP
#else
#define TRAINMARK_CPU_SIMD_HPP
#endif

#include <hwy/highway.h>

#include <cstdint>
#include <utility>

// Follows the parameters of a lambda in a kernel: compiled for the target, and always inlined. Without the second, GCC
// keeps arrays of vectors in memory.
#ifndef CPU_LAMBDA
#define CPU_LAMBDA HWY_ATTR __attribute__((always_inline))
#endif

HWY_BEFORE_NAMESPACE();
namespace trainmark::backends::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR
#error "the kernels need vectors of at least four floats"
#endif

using D = hn::CappedTag<float, 16>;
using DI = hn::RebindToSigned<D>;
using D4 = hn::FixedTag<float, 4>;
using V = hn::Vec<D>;
using V4 = hn::Vec<D4>;
inline constexpr int kL = static_cast<int>(hn::MaxLanes(D()));  // floats per vector
// Vector registers that sums may fill in a tile. Machines with neither AVX2 nor NEON are rare: few small tiles there save
// half of the compile time.
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_NEON
inline constexpr int kAccumulators = 24;
#elif HWY_TARGET == HWY_AVX2
inline constexpr int kAccumulators = 12;
#else
inline constexpr int kAccumulators = 4;
#endif

template <int... I, class F>
HWY_INLINE void unroll_sequence(std::integer_sequence<int, I...>, F&& f) {
  (f(std::integral_constant<int, I>{}), ...);
}
/// f(0), f(1) ... f(N - 1) with constants: the only way to be sure that arrays of vectors stay in registers.
template <int N, class F>
HWY_INLINE void unroll(F&& f) {
  unroll_sequence(std::make_integer_sequence<int, N>{}, f);
}

/// Four vectors that hold, in every 128-bit block, the rows of a 4x4 matrix: transposed in each block.
HWY_INLINE void transpose_blocks(V& a, V& b, V& c, V& d) {
  const hn::Repartition<double, D> dd;
  const D df;
  const V t0 = hn::InterleaveLower(df, a, b), t1 = hn::InterleaveUpper(df, a, b);
  const V t2 = hn::InterleaveLower(df, c, d), t3 = hn::InterleaveUpper(df, c, d);
  const auto d0 = hn::BitCast(dd, t0), d1 = hn::BitCast(dd, t1), d2 = hn::BitCast(dd, t2), d3 = hn::BitCast(dd, t3);
  a = hn::BitCast(df, hn::InterleaveLower(dd, d0, d2));
  b = hn::BitCast(df, hn::InterleaveUpper(dd, d0, d2));
  c = hn::BitCast(df, hn::InterleaveLower(dd, d1, d3));
  d = hn::BitCast(df, hn::InterleaveUpper(dd, d1, d3));
}

/// One vector of kBlocks blocks: block b is the four floats at p + b * stride.
HWY_INLINE V load_blocks(const float* p, int64_t stride) {
#if HWY_MAX_BYTES >= 64
  const hn::Half<D> dh;
  const D4 d4;
  return hn::Combine(D(), hn::Combine(dh, hn::LoadU(d4, p + 3 * stride), hn::LoadU(d4, p + 2 * stride)),
                     hn::Combine(dh, hn::LoadU(d4, p + stride), hn::LoadU(d4, p)));
#elif HWY_MAX_BYTES >= 32
  const D4 d4;
  return hn::Combine(D(), hn::LoadU(d4, p + stride), hn::LoadU(d4, p));
#else
  (void)stride;
  return hn::LoadU(D(), p);
#endif
}

/// The reverse: block b to p + b * stride.
HWY_INLINE void store_blocks(V v, float* p, int64_t stride) {
#if HWY_MAX_BYTES >= 64
  const hn::Half<D> dh;
  const D4 d4;
  const auto low = hn::LowerHalf(dh, v), high = hn::UpperHalf(dh, v);
  hn::StoreU(hn::LowerHalf(d4, low), d4, p);
  hn::StoreU(hn::UpperHalf(d4, low), d4, p + stride);
  hn::StoreU(hn::LowerHalf(d4, high), d4, p + 2 * stride);
  hn::StoreU(hn::UpperHalf(d4, high), d4, p + 3 * stride);
#elif HWY_MAX_BYTES >= 32
  const D4 d4;
  hn::StoreU(hn::LowerHalf(d4, v), d4, p);
  hn::StoreU(hn::UpperHalf(d4, v), d4, p + stride);
#else
  (void)stride;
  hn::StoreU(v, D(), p);
#endif
}

/// rows (16 rows, 4 columns of each at p + row * stride) -> lanes: out[column * 16 + row]. out is aligned.
HWY_INLINE void rows_to_lanes4(const float* p, int64_t stride, float* out) {
  for (int part = 0; part < 16; part += kL) {
    V v[4];
    unroll<4>([&](auto j) CPU_LAMBDA { v[j] = load_blocks(p + (part + j) * stride, 4 * stride); });
    transpose_blocks(v[0], v[1], v[2], v[3]);
    unroll<4>([&](auto j) CPU_LAMBDA { hn::Store(v[j], D(), out + j * 16 + part); });
  }
}

/// lanes (in[column * 16 + row], aligned) -> rows: four columns of 16 rows to p + row * stride.
HWY_INLINE void lanes_to_rows4(const float* in, float* p, int64_t stride) {
  for (int part = 0; part < 16; part += kL) {
    V v[4];
    unroll<4>([&](auto j) CPU_LAMBDA { v[j] = hn::Load(D(), in + j * 16 + part); });
    transpose_blocks(v[0], v[1], v[2], v[3]);
    unroll<4>([&](auto j) CPU_LAMBDA { store_blocks(v[j], p + (part + j) * stride, 4 * stride); });
  }
}

/// Sums over the lanes of four vectors, in one vector of four: 13 operations instead of four times 8.
HWY_INLINE V4 sum_lanes4(V a, V b, V c, V d) {
  const D df;
  const hn::Repartition<double, D> dd;
  const V ab = hn::Add(hn::InterleaveLower(df, a, b), hn::InterleaveUpper(df, a, b));
  const V cd = hn::Add(hn::InterleaveLower(df, c, d), hn::InterleaveUpper(df, c, d));
  const auto x = hn::BitCast(dd, ab), y = hn::BitCast(dd, cd);
  const V s = hn::Add(hn::BitCast(df, hn::InterleaveLower(dd, x, y)), hn::BitCast(df, hn::InterleaveUpper(dd, x, y)));
#if HWY_MAX_BYTES >= 64
  const hn::Half<D> dh;
  const D4 d4;
  const auto h = hn::Add(hn::LowerHalf(dh, s), hn::UpperHalf(dh, s));
  return hn::Add(hn::LowerHalf(d4, h), hn::UpperHalf(d4, h));
#elif HWY_MAX_BYTES >= 32
  const D4 d4;
  return hn::Add(hn::LowerHalf(d4, s), hn::UpperHalf(d4, s));
#else
  return s;
#endif
}

/// Loaded once: without it GCC 12 reads memory again for every use of a value.
HWY_INLINE V in_register(V v) {
#if HWY_ARCH_X86 && HWY_TARGET != HWY_EMU128 && defined(__GNUC__)
  asm("" : "+v"(v.raw));
#endif
  return v;
}

/// Lanes where the mask is true, the others zero. All lanes may be read: Highway's needs alignment on narrow machines.
HWY_INLINE V masked_load(hn::Mask<D> mask, const float* p) {
#if HWY_MAX_BYTES >= 32
  return hn::MaskedLoad(mask, D(), p);
#else
  return hn::IfThenElseZero(mask, hn::LoadU(D(), p));
#endif
}

/// The first `count` lanes (0 to kL) for loads and stores that must touch nothing behind them.
struct First {
  explicit First(int64_t n) : count(n), mask(hn::FirstN(D(), static_cast<size_t>(n))) {}
  int64_t count;
  hn::Mask<D> mask;
};

/// Lanes of p, the others zero. Narrow machines have no masked loads: Highway's would read all lanes.
HWY_INLINE V load_first(First first, const float* p) {
#if HWY_MAX_BYTES >= 32
  return hn::MaskedLoad(first.mask, D(), p);
#else
  HWY_ALIGN float values[kL] = {};
  for (int64_t i = 0; i < first.count; ++i) values[i] = p[i];
  return hn::Load(D(), values);
#endif
}

HWY_INLINE void store_first(First first, V v, float* p) {
#if HWY_MAX_BYTES >= 32
  hn::BlendedStore(v, first.mask, D(), p);
#else
  HWY_ALIGN float values[kL];
  hn::Store(v, D(), values);
  for (int64_t i = 0; i < first.count; ++i) p[i] = values[i];
#endif
}

}  // namespace trainmark::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // TRAINMARK_CPU_SIMD_HPP
