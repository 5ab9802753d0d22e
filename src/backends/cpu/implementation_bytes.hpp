// What the kernels of a step touch, after fusion: the second of the three columns of bytes (docs/ceilings.md), beside the compulsory ones
// that a plan counts by shape, and those that hardware counters would measure.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "plan/plan.hpp"

namespace trainmark::backends::cpu {

// Names of kernels (Program::kernel) whose operations do their work elsewhere or with another's: bind.cpp.
inline constexpr const char* kJoinedGather = "in the layers that read it";
inline constexpr const char* kPixelDot = "dot of pixels";
inline constexpr const char* kPixelGemm = "gemm of pixels";
inline constexpr const char* kSparseRanges = "sparse by inputs";
inline constexpr const char* kSparseGradient = "sparse";
inline constexpr const char* kSparseGradientWithUpdate = "sparse with update";
inline constexpr const char* kGradientWithUpdate = "gemm with update";
inline constexpr const char* kUpdateWithGradient = "with the gradient";

/// Bytes of every operation of an engine's plan (plan::engine_plan) in one pass, an entry each: as stored, lanes padded. Weights count once for
/// each chunk of images that reads them, partial sums for each load and store, pixels that a layer reads itself one byte each, and a
/// gradient that its update uses up in the cache not at all. What a kernel keeps in its workspace is not counted either.
/// `kernel(i)` names the implementation of operation i, as Program::kernel does and as `prepare` has recorded it.
std::vector<int64_t> implementation_bytes(const plan::Plan& plan, const std::function<std::string(int)>& kernel);

}  // namespace trainmark::backends::cpu
