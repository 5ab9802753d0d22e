// Passes over memory by Highway, eight vectors at a time. The triad is STREAM's (McCalpin, "Memory Bandwidth and Machine Balance in
// Current High Performance Computers", 1995); the update is what a training does to its weights.
#include "backends/cpu/targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ceilings/memory_kernels.cpp"
#include <hwy/foreach_target.h>

#include "backends/cpu/simd.hpp"
#include "ceilings/kernels.hpp"

HWY_BEFORE_NAMESPACE();
namespace trainmark::ceilings::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using backends::cpu::HWY_NAMESPACE::D;
using backends::cpu::HWY_NAMESPACE::kL;
using backends::cpu::HWY_NAMESPACE::unroll;
using backends::cpu::HWY_NAMESPACE::V;

constexpr int kVectors = 8;
static_assert(kPassUnit % (kVectors * 4) == 0);

// The bits of everything together: a cheaper sum.
float load(float* a, const float*, const float*, int64_t n) {
  const D d;
  V bits[kVectors];
  unroll<kVectors>([&](auto j) CPU_LAMBDA { bits[j] = hn::Zero(d); });
  for (int64_t i = 0; i < n; i += kVectors * kL) {
    unroll<kVectors>([&](auto j) CPU_LAMBDA { bits[j] = hn::Or(bits[j], hn::Load(d, a + i + j * kL)); });
  }
  V all = hn::Zero(d);
  unroll<kVectors>([&](auto j) CPU_LAMBDA { all = hn::Or(all, bits[j]); });
  return hn::GetLane(all);
}

float triad(float* a, const float* b, const float* c, int64_t n) {
  const D d;
  const V s = hn::Set(d, 0.5F);
  for (int64_t i = 0; i < n; i += kVectors * kL) {
    unroll<kVectors>([&](auto j) CPU_LAMBDA {
      const int64_t at = i + j * kL;
      hn::Store(hn::MulAdd(s, hn::Load(d, c + at), hn::Load(d, b + at)), d, a + at);
    });
  }
  return 0;
}

float non_temporal_triad(float* a, const float* b, const float* c, int64_t n) {
  const D d;
  const V s = hn::Set(d, 0.5F);
  for (int64_t i = 0; i < n; i += kVectors * kL) {
    unroll<kVectors>([&](auto j) CPU_LAMBDA {
      const int64_t at = i + j * kL;
      hn::Stream(hn::MulAdd(s, hn::Load(d, c + at), hn::Load(d, b + at)), d, a + at);
    });
  }
  return 0;
}

float update(float* a, const float* b, const float*, int64_t n) {
  const D d;
  const V s = hn::Set(d, 0.5F);
  for (int64_t i = 0; i < n; i += kVectors * kL) {
    unroll<kVectors>([&](auto j) CPU_LAMBDA {
      const int64_t at = i + j * kL;
      hn::Store(hn::MulAdd(s, hn::Load(d, b + at), hn::Load(d, a + at)), d, a + at);
    });
  }
  return 0;
}

void fill(std::vector<MemoryPattern>& patterns) {
  patterns = {{"load", 1, 1, &load}, {"triad", 3, 3, &triad}, {"non_temporal_triad", 3, 3, &non_temporal_triad}, {"update", 2, 3, &update}};
}

}  // namespace
}  // namespace trainmark::ceilings::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>
#include <map>
#include <mutex>

#include "backends/cpu/dispatch.hpp"
#include "core/check.hpp"

namespace trainmark::ceilings {
HWY_EXPORT(fill);

const std::vector<MemoryPattern>& memory_patterns(std::string_view isa) {
  static std::mutex mutex;
  static std::map<std::string, std::vector<MemoryPattern>> known;
  const std::lock_guard lock(mutex);
  auto& patterns = known[std::string(isa)];
  if (patterns.empty()) {
    const bool runs = backends::cpu::dispatch_as(isa, [&] { HWY_DYNAMIC_DISPATCH(fill)(patterns); });
    CHECK(runs, "an instruction set that this machine has");
  }
  return patterns;
}

const MemoryPattern& memory_pattern(std::string_view isa, std::string_view name) {
  const auto& patterns = memory_patterns(isa);
  const auto found = std::find_if(patterns.begin(), patterns.end(), [&](const MemoryPattern& p) { return name == p.name; });
  CHECK(found != patterns.end(), "the name of a pattern");
  return *found;
}

}  // namespace trainmark::ceilings
#endif
