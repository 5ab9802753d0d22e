// OpenBLAS chooses its kernels by the processor's model. One that it does not know gets older kernels, at half of the speed or less, and
// every framework on top of it is then measured below its best.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "analysis/comparison.hpp"

namespace trainmark::analysis {
namespace {

// Names as openblas_get_corename gives them. Source: OpenBLAS, cpuid_x86.c and driver/others/dynamic.c.
constexpr std::array<std::string_view, 3> kAvx512Kernels = {"SkylakeX", "Cooperlake", "SapphireRapids"};
constexpr std::array<std::string_view, 2> kAvx2Kernels = {"Haswell", "Zen"};

template <size_t N>
bool has(const std::array<std::string_view, N>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool has_flag(const core::Json& flags, std::string_view flag) { return flags.is_array() && std::find(flags.begin(), flags.end(), flag) != flags.end(); }

}  // namespace

std::string blas_warning(const std::string& platform, const core::Json& hello, const core::Json& flags) {
  if (!hello.is_object() || !hello.contains("blas") || !hello["blas"].is_object()) return "";
  const core::Json& blas = hello["blas"];
  const std::string library = blas.value("library", core::Json()).is_string() ? blas["library"] : "";
  if (library != "OpenBLAS" || !blas.contains("kernel") || !blas["kernel"].is_string()) return "";
  const std::string kernel = blas["kernel"];
  const bool avx512 = has_flag(flags, "avx512f") && !has(kAvx512Kernels, kernel);
  const bool avx2 = has_flag(flags, "avx2") && !has(kAvx512Kernels, kernel) && !has(kAvx2Kernels, kernel);
  if (!avx512 && !avx2) return "";
  return fmt::format("{} is measured below its best: its OpenBLAS chose the kernels '{}', and this processor has {}; OPENBLAS_CORETYPE={} chooses others.",
                     platform, kernel, avx512 ? "AVX-512" : "AVX2", avx512 ? "SkylakeX" : "Haswell");
}

}  // namespace trainmark::analysis
