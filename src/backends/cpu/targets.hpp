// Instruction sets by name: which there are, which this machine has, and which one an engine uses.
//
// Include before <hwy/foreach_target.h> wherever kernels are compiled, so that all files agree on the set of targets.
// Left out on purpose: AVX-512 with newer extensions (nothing here gains from them, and each target costs compile time),
// SSSE3, and vectors without a fixed size (SVE, RVV: their types cannot stand in arrays, and lanes here are at most 16).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

// 1 << 4 and 1 << 6: HWY_AVX3_SPR and HWY_AVX3_ZEN4, which Highway 1.0.3 does not know.
#define TRAINMARK_LEFT_OUT ((1LL << 4) | (1LL << 6) | HWY_AVX3_DL | HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#ifdef TRAINMARK_FEW_TARGETS  // builds with sanitizers: the kernels are the same templates, and each target costs minutes
#define HWY_DISABLED_TARGETS (TRAINMARK_LEFT_OUT | HWY_AVX3 | HWY_SSE4)
#else
#define HWY_DISABLED_TARGETS TRAINMARK_LEFT_OUT
#endif
// Highway mistrusts its portable vectors under GCC before 12.3 (bug 106322, in 16-bit multiplications, which nothing here
// uses on that target) and would fall back to single values; the tests hold this target to the reference like every other.
#define HWY_BROKEN_EMU128 0

namespace trainmark::backends::cpu {

struct Kernels;

/// Names of the instruction sets that this build has kernels for and this machine can run, best first.
std::vector<std::string> supported_isas();

/// "Highway 1.0.7"
std::string highway_version();

/// The kernels of that instruction set; "" means the best. Error: unknown or not supported, with those that are.
core::Result<const Kernels*> kernels_for(std::string_view isa);

}  // namespace trainmark::backends::cpu
