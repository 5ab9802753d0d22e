// Kernels are fetched by asking Highway to dispatch as if the machine had that one target only. Done when an engine is
// made, one at a time; steps call through the table and never dispatch.
#include "backends/cpu/targets.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <hwy/highway.h>

#include <map>
#include <mutex>

#include "backends/cpu/dispatch.hpp"
#include "backends/cpu/kernels.hpp"

namespace trainmark::backends::cpu {
namespace {

struct Target {
  const char* name;
  int64_t bit;
};

// Best first.
const std::vector<Target>& targets() {
  static const std::vector<Target> kTargets = {
#if HWY_ARCH_X86
    {"avx512", HWY_AVX3},
    {"avx2", HWY_AVX2},
    {"sse4", HWY_SSE4},
#ifdef HWY_SSE2
    {"sse2", HWY_SSE2},
#endif
#elif HWY_ARCH_ARM
    {"neon", HWY_NEON},
#endif
    {"scalar", HWY_EMU128},
  };
  return kTargets;
}

int64_t runnable_targets() { return hwy::SupportedTargets() & HWY_TARGETS; }

void fill(Kernels& kernels, const Target& target) {
  kernels.isa = target.name;
  fill_gemm(kernels);
  fill_dot(kernels);
  fill_dense_pixels(kernels);
  fill_dense_sparse(kernels);
  fill_conv_sums(kernels);
  fill_conv_weights(kernels);
  fill_conv_weights_channels(kernels);
  fill_conv_pool(kernels);
  fill_conv_winners_data(kernels);
  fill_conv_winners_weights(kernels);
  fill_pool(kernels);
  fill_pool_rows(kernels);
  fill_gather(kernels);
  fill_convert(kernels);
  fill_softmax(kernels);
  fill_neighbours(kernels);
  fill_elementwise(kernels);
}

/// Calls `work` while Highway believes that the machine has that target only.
void pretend(const Target& target, const std::function<void()>& work) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  hwy::SetSupportedTargetsForTest(target.bit);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  work();
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().DeInit();
}

Kernels fetch(const Target& target) {
  Kernels kernels;
  pretend(target, [&] { fill(kernels, target); });
  return kernels;
}

}  // namespace

std::vector<std::string> supported_isas() {
  std::vector<std::string> names;
  for (const Target& target : targets()) {
    if ((runnable_targets() & target.bit) != 0) names.emplace_back(target.name);
  }
  return names;
}

bool dispatch_as(std::string_view isa, const std::function<void()>& fetch) {
  for (const Target& target : targets()) {
    if ((runnable_targets() & target.bit) == 0 || (!isa.empty() && isa != target.name)) continue;
    pretend(target, fetch);
    return true;
  }
  return false;
}

std::string highway_version() { return fmt::format("Highway {}.{}.{}", HWY_MAJOR, HWY_MINOR, HWY_PATCH); }

core::Result<const Kernels*> kernels_for(std::string_view isa) {
  static std::mutex mutex;
  static std::map<int64_t, Kernels> fetched;
  const std::lock_guard lock(mutex);
  for (const Target& target : targets()) {
    if ((runnable_targets() & target.bit) == 0 || (!isa.empty() && isa != target.name)) continue;
    auto found = fetched.find(target.bit);
    if (found == fetched.end()) found = fetched.emplace(target.bit, fetch(target)).first;
    return &found->second;
  }
  return core::usage_error(fmt::format("The engine cpu has no kernels for the instruction set '{}' that this machine can run; choose one of {}.", isa,
                                       fmt::join(supported_isas(), ", ")));
}

}  // namespace trainmark::backends::cpu
