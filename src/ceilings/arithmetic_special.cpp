// Dot products of narrow numbers, for which Highway 1.0 has no operation: AVX-512 BF16 (vdpbf16ps), AVX-512 VNNI and AVX-VNNI
// (vpdpbusd). In assembler, because around the intrinsics GCC 12 copies sums through memory (see backends/cpu/neighbours_vnni.cpp).
#include "ceilings/kernels.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#include <hwy/base.h>
#include <immintrin.h>

namespace trainmark::ceilings {
namespace {

constexpr int kUnroll = 8;

// Bits of leaf 7, subleaf 1, register A (Intel SDM, volume 2, CPUID). Whether the system saves the registers follows from AVX itself.
constexpr unsigned kAvxVnni = 1U << 4, kAvx512Bf16 = 1U << 5;
bool has_leaf_7_1(unsigned bit) {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 1, &a, &b, &c, &d) == 1 && (a & bit) != 0;
}

HWY_PUSH_ATTRIBUTES("avx512f,avx512bw,avx512vl,avx512dq")

constexpr int kWideSums = 20;
constexpr int64_t kWidePairs = 32, kWideBytes = 64;  // multiply-adds of an instruction

int64_t wide_bfloat16(int64_t rounds, float* sink) {
  __m512 sums[kWideSums];
#pragma GCC unroll 20
  for (auto& sum : sums) sum = _mm512_setzero_ps();
  const __m512i a = _mm512_set1_epi16(0x3f80), b = _mm512_set1_epi16(0x3580);  // 1 and 2^-20: sums stay far below overflow
  for (int64_t r = 0; r < rounds * kUnroll; ++r) {
#pragma GCC unroll 20
    for (auto& sum : sums) asm("vdpbf16ps %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
  }
  __m512 total = _mm512_setzero_ps();
#pragma GCC unroll 20
  for (const auto& sum : sums) total = _mm512_add_ps(total, sum);
  *sink = _mm512_cvtss_f32(total);
  return rounds * kUnroll * kWideSums * kWidePairs * 2;
}

int64_t wide_int8(int64_t rounds, float* sink) {
  __m512i sums[kWideSums];
#pragma GCC unroll 20
  for (auto& sum : sums) sum = _mm512_setzero_si512();
  const __m512i a = _mm512_set1_epi8(1), b = _mm512_set1_epi8(1);
  for (int64_t r = 0; r < rounds * kUnroll; ++r) {
#pragma GCC unroll 20
    for (auto& sum : sums) asm("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
  }
  __m512i total = _mm512_setzero_si512();
#pragma GCC unroll 20
  for (const auto& sum : sums) total = _mm512_add_epi32(total, sum);
  alignas(64) int32_t lanes[16];
  _mm512_store_si512(lanes, total);
  *sink = static_cast<float>(lanes[0]);
  return rounds * kUnroll * kWideSums * kWideBytes * 2;
}

HWY_POP_ATTRIBUTES

HWY_PUSH_ATTRIBUTES("avx2")

constexpr int kNarrowSums = 12;
constexpr int64_t kNarrowBytes = 32;

int64_t narrow_int8(int64_t rounds, float* sink) {
  __m256i sums[kNarrowSums];
#pragma GCC unroll 12
  for (auto& sum : sums) sum = _mm256_setzero_si256();
  const __m256i a = _mm256_set1_epi8(1), b = _mm256_set1_epi8(1);
  for (int64_t r = 0; r < rounds * kUnroll; ++r) {
#pragma GCC unroll 12
    for (auto& sum : sums) asm("%{vex%} vpdpbusd %2, %1, %0" : "+x"(sum) : "x"(a), "x"(b));
  }
  __m256i total = _mm256_setzero_si256();
#pragma GCC unroll 12
  for (const auto& sum : sums) total = _mm256_add_epi32(total, sum);
  *sink = static_cast<float>(_mm_cvtsi128_si32(_mm256_castsi256_si128(total)));
  return rounds * kUnroll * kNarrowSums * kNarrowBytes * 2;
}

HWY_POP_ATTRIBUTES

}  // namespace

std::vector<ArithmeticKernel> special_kernels() {
  std::vector<ArithmeticKernel> kernels;
  const bool avx512 =
      __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  if (avx512 && has_leaf_7_1(kAvx512Bf16)) kernels.push_back({"avx512", "vdpbf16ps", NumberType::kBfloat16, &wide_bfloat16});
  if (avx512 && __builtin_cpu_supports("avx512vnni")) kernels.push_back({"avx512", "vpdpbusd", NumberType::kInt8, &wide_int8});
  if (__builtin_cpu_supports("avx2") && has_leaf_7_1(kAvxVnni)) kernels.push_back({"avx2", "vpdpbusd", NumberType::kInt8, &narrow_int8});
  return kernels;
}

}  // namespace trainmark::ceilings

#else

namespace trainmark::ceilings {
std::vector<ArithmeticKernel> special_kernels() { return {}; }
}  // namespace trainmark::ceilings

#endif
