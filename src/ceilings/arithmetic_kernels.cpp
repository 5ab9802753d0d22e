// Multiply-adds in registers by Highway: a chain of sums per accumulator, x <- 0.999 x + 0.001, which stays near 1 for ever.
#include "backends/cpu/targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ceilings/arithmetic_kernels.cpp"
#include <hwy/foreach_target.h>

#include "backends/cpu/simd.hpp"

#ifndef TRAINMARK_CEILINGS_ARITHMETIC_ONCE
#define TRAINMARK_CEILINGS_ARITHMETIC_ONCE
namespace trainmark::ceilings {

struct MultiplyAdds {
  int64_t (*float32)(int64_t rounds, float* sink) = nullptr;
  int64_t (*float64)(int64_t rounds, float* sink) = nullptr;
};

}  // namespace trainmark::ceilings
#endif

HWY_BEFORE_NAMESPACE();
namespace trainmark::ceilings::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using backends::cpu::HWY_NAMESPACE::kAccumulators;
using backends::cpu::HWY_NAMESPACE::unroll;

// Latency times units is 8 to 10 vectors with fused multiply-adds, more where a product and a sum follow each other; what is left of
// the registers holds the factors.
constexpr int kSums = kAccumulators >= 24 ? 20 : 12;
constexpr int kUnroll = 8;

template <class T>
int64_t multiply_adds(int64_t rounds, float* sink) {
  const hn::CappedTag<T, 64 / sizeof(T)> d;
  using V = hn::Vec<decltype(d)>;
  V sums[kSums];
  unroll<kSums>([&](auto i) CPU_LAMBDA { sums[i] = hn::Set(d, static_cast<T>(i)); });
  const V a = hn::Set(d, static_cast<T>(0.999)), b = hn::Set(d, static_cast<T>(0.001));
  for (int64_t r = 0; r < rounds; ++r) {
    unroll<kUnroll>([&](auto) CPU_LAMBDA { unroll<kSums>([&](auto i) CPU_LAMBDA { sums[i] = hn::MulAdd(sums[i], a, b); }); });
  }
  V total = hn::Zero(d);
  unroll<kSums>([&](auto i) CPU_LAMBDA { total = hn::Add(total, sums[i]); });
  *sink = static_cast<float>(hn::GetLane(total));
  return rounds * kUnroll * kSums * static_cast<int64_t>(hn::Lanes(d)) * 2;
}

void fill(MultiplyAdds& kernels) { kernels = {&multiply_adds<float>, &multiply_adds<double>}; }

}  // namespace
}  // namespace trainmark::ceilings::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>

#include "backends/cpu/dispatch.hpp"
#include "ceilings/kernels.hpp"
#include "core/check.hpp"

namespace trainmark::ceilings {
HWY_EXPORT(fill);

const char* number_type_name(NumberType type) {
  static constexpr const char* kNames[] = {"float64", "float32", "bfloat16", "int8"};
  return kNames[static_cast<size_t>(type)];
}

std::vector<ArithmeticKernel> arithmetic_kernels() {
  std::vector<ArithmeticKernel> kernels;
  for (const std::string& isa : backends::cpu::supported_isas()) {
    MultiplyAdds forms;
    backends::cpu::dispatch_as(isa, [&] { HWY_DYNAMIC_DISPATCH(fill)(forms); });
    kernels.push_back({isa, "multiply-add", NumberType::kFloat64, forms.float64});
    kernels.push_back({isa, "multiply-add", NumberType::kFloat32, forms.float32});
  }
  for (const auto& list : {special_kernels(), tile_kernels()}) kernels.insert(kernels.end(), list.begin(), list.end());
  return kernels;
}

const ArithmeticKernel& multiply_add_kernel(std::string_view isa) {
  static const std::vector<ArithmeticKernel> all = arithmetic_kernels();
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& k) { return k.type == NumberType::kFloat32 && (isa.empty() || k.isa == isa); });
  CHECK(found != all.end(), "an engine of this instruction set was made before");
  return *found;
}

}  // namespace trainmark::ceilings
#endif
