// Our ceilings against loops written here with intrinsics, timed here, in turn with ours: the best of both, since the machine is shared.
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <memory>

#include "ceilings/bursts.hpp"
#include "ceilings/pinned.hpp"
#include "core/affinity.hpp"
#include "support/sanitizers.hpp"

#if defined(__x86_64__)
#include <immintrin.h>

namespace trainmark::ceilings {
namespace {

constexpr double kTolerance = 0.05;
constexpr int kFewestRounds = 15, kMostRounds = 400;

/// Rounds until the best of both agree, or there have been many.
void expect_same_rate(const std::function<double()>& ours, const std::function<double()>& theirs, const char* what) {
  double our_best = 0, their_best = 0;
  for (int round = 0; round < kMostRounds; ++round) {
    our_best = std::max(our_best, ours());
    their_best = std::max(their_best, theirs());
    if (round >= kFewestRounds && std::abs(our_best / their_best - 1) < kTolerance / 2) break;
  }
  EXPECT_NEAR(our_best / their_best, 1, kTolerance) << what << ": ours " << our_best << ", plain " << their_best;
}

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

volatile float consumed = 0;

__attribute__((target("avx512f"))) double plain_fma_512() {
  constexpr int64_t kRounds = 100'000;
  // Different ones: equal sums would be computed once.
  __m512 s0 = _mm512_set1_ps(1), s1 = s0 + s0, s2 = s1 + s0, s3 = s2 + s0, s4 = s3 + s0, s5 = s4 + s0, s6 = s5 + s0, s7 = s6 + s0;
  __m512 s8 = s7 + s0, s9 = s8 + s0, s10 = s9 + s0, s11 = s10 + s0, s12 = s11 + s0, s13 = s12 + s0, s14 = s13 + s0, s15 = s14 + s0;
  const __m512 a = _mm512_set1_ps(0.999F), b = _mm512_set1_ps(0.001F);
  const auto start = std::chrono::steady_clock::now();
  for (int64_t r = 0; r < kRounds; ++r) {
    s0 = _mm512_fmadd_ps(s0, a, b), s1 = _mm512_fmadd_ps(s1, a, b), s2 = _mm512_fmadd_ps(s2, a, b), s3 = _mm512_fmadd_ps(s3, a, b);
    s4 = _mm512_fmadd_ps(s4, a, b), s5 = _mm512_fmadd_ps(s5, a, b), s6 = _mm512_fmadd_ps(s6, a, b), s7 = _mm512_fmadd_ps(s7, a, b);
    s8 = _mm512_fmadd_ps(s8, a, b), s9 = _mm512_fmadd_ps(s9, a, b), s10 = _mm512_fmadd_ps(s10, a, b), s11 = _mm512_fmadd_ps(s11, a, b);
    s12 = _mm512_fmadd_ps(s12, a, b), s13 = _mm512_fmadd_ps(s13, a, b), s14 = _mm512_fmadd_ps(s14, a, b), s15 = _mm512_fmadd_ps(s15, a, b);
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  s0 = s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8 + s9 + s10 + s11 + s12 + s13 + s14 + s15;
  consumed = _mm512_cvtss_f32(s0);
  return kRounds * 16 * 16 * 2 / seconds * 1e-9;
}

__attribute__((target("avx2,fma"))) double plain_fma_256_double() {
  constexpr int64_t kRounds = 100'000;
  __m256d s0 = _mm256_set1_pd(1), s1 = s0 + s0, s2 = s1 + s0, s3 = s2 + s0, s4 = s3 + s0, s5 = s4 + s0, s6 = s5 + s0, s7 = s6 + s0;
  __m256d s8 = s7 + s0, s9 = s8 + s0, s10 = s9 + s0, s11 = s10 + s0;
  const __m256d a = _mm256_set1_pd(0.999), b = _mm256_set1_pd(0.001);
  const auto start = std::chrono::steady_clock::now();
  for (int64_t r = 0; r < kRounds; ++r) {
    s0 = _mm256_fmadd_pd(s0, a, b), s1 = _mm256_fmadd_pd(s1, a, b), s2 = _mm256_fmadd_pd(s2, a, b), s3 = _mm256_fmadd_pd(s3, a, b);
    s4 = _mm256_fmadd_pd(s4, a, b), s5 = _mm256_fmadd_pd(s5, a, b), s6 = _mm256_fmadd_pd(s6, a, b), s7 = _mm256_fmadd_pd(s7, a, b);
    s8 = _mm256_fmadd_pd(s8, a, b), s9 = _mm256_fmadd_pd(s9, a, b), s10 = _mm256_fmadd_pd(s10, a, b), s11 = _mm256_fmadd_pd(s11, a, b);
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  s0 = s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8 + s9 + s10 + s11;
  consumed = static_cast<float>(_mm256_cvtsd_f64(s0));
  return kRounds * 12 * 4 * 2 / seconds * 1e-9;
}

/// STREAM's triad in double, in arrays of its own.
struct PlainTriad {
  explicit PlainTriad(int64_t bytes) : n(bytes / 24 / 1024 * 1024), pages(3 * (n * 8 + 8192)) {
    a = reinterpret_cast<double*>(pages.floats());
    b = a + n + 168;  // not at the same place of a page
    c = b + n + 168;
    std::fill(a, c + n, 1.0);
  }
  __attribute__((target("avx512f"))) static void pass_512(double* a, const double* b, const double* c, int64_t n) {
    const __m512d s = _mm512_set1_pd(3);
    for (int64_t i = 0; i < n; i += 16) {
      _mm512_store_pd(a + i, _mm512_fmadd_pd(s, _mm512_load_pd(c + i), _mm512_load_pd(b + i)));
      _mm512_store_pd(a + i + 8, _mm512_fmadd_pd(s, _mm512_load_pd(c + i + 8), _mm512_load_pd(b + i + 8)));
    }
  }
  __attribute__((target("avx2,fma"))) static void pass_256(double* a, const double* b, const double* c, int64_t n) {
    const __m256d s = _mm256_set1_pd(3);
    for (int64_t i = 0; i < n; i += 8) {
      _mm256_store_pd(a + i, _mm256_fmadd_pd(s, _mm256_load_pd(c + i), _mm256_load_pd(b + i)));
      _mm256_store_pd(a + i + 4, _mm256_fmadd_pd(s, _mm256_load_pd(c + i + 4), _mm256_load_pd(b + i + 4)));
    }
  }
  /// GB/s of as many passes.
  double run(int passes) {
    const auto pass = __builtin_cpu_supports("avx512f") ? &pass_512 : &pass_256;
    const double seconds = seconds_of([&] {
      for (int i = 0; i < passes; ++i) pass(a, b, c, n);
    });
    return static_cast<double>(n) * 24 * passes / seconds * 1e-9;
  }

  int64_t n;
  Pages pages;
  double *a, *b, *c;
};

class AgreementSlow : public testing::Test {
 protected:
  void SetUp() override {
    if (tests::kSanitized) GTEST_SKIP() << "a sanitizer slows both, not alike";
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) GTEST_SKIP() << "the plain loops need AVX2";
  }
  static void on_one_cpu(const std::function<void(core::ThreadPool&)>& body) { with_pinned_threads({core::allowed_cpus().front()}, body); }
  static void expect_same_triad(int64_t bytes, int passes, int us) {
    on_one_cpu([&](core::ThreadPool& pool) {
      PlainTriad plain(bytes);
      MemoryBurst burst(memory_pattern("", "triad"), bytes, 1);
      const auto memory = touched_pages(pool, bytes);
      expect_same_rate([&] { return burst.run(pool, memory, us); }, [&] { return plain.run(passes); }, "triad");
    });
  }
};

TEST_F(AgreementSlow, MultiplyAddsAreThoseOfAPlainLoopOfTheSameInstructionSet) {
  on_one_cpu([](core::ThreadPool& pool) {
    for (const ArithmeticKernel& kernel : arithmetic_kernels()) {
      if (kernel.isa == "avx512" && kernel.type == NumberType::kFloat32) {
        expect_same_rate([&] { return arithmetic_burst(pool, kernel, 1000); }, plain_fma_512, "avx512 float32");
      }
      if (kernel.isa == "avx2" && kernel.type == NumberType::kFloat64) {
        expect_same_rate([&] { return arithmetic_burst(pool, kernel, 1000); }, plain_fma_256_double, "avx2 float64");
      }
    }
  });
}

TEST_F(AgreementSlow, TheTriadInMemoryIsStreams) { expect_same_triad(128 << 20, 1, 3000); }

TEST_F(AgreementSlow, TheTriadInTheSecondLevelIsStreams) { expect_same_triad(384 << 10, 500, 1000); }

}  // namespace
}  // namespace trainmark::ceilings
#endif
