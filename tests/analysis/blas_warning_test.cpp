// An OpenBLAS that does not know the processor is half as fast, and nobody notices: the report must.
#include <gtest/gtest.h>

#include "analysis/comparison.hpp"

namespace trainmark::analysis {
namespace {

const core::Json kAvx512 = {"sse4_2", "avx2", "avx512f"}, kAvx2 = {"sse4_2", "avx2"};

std::string warning(const char* kernel, const core::Json& flags) {
  return blas_warning("numpy", {{"blas", {{"library", "OpenBLAS"}, {"kernel", kernel}}}}, flags);
}

TEST(BlasWarning, NamesKernelsBelowTheInstructionSet) {
  EXPECT_EQ(
      warning("Haswell", kAvx512),
      "numpy is measured below its best: its OpenBLAS chose the kernels 'Haswell', and this processor has AVX-512; OPENBLAS_CORETYPE=SkylakeX chooses others.");
  EXPECT_NE(warning("Prescott", kAvx2).find("this processor has AVX2"), std::string::npos);
}

TEST(BlasWarning, IsSilentWhenTheKernelsAreRight) {
  EXPECT_EQ(warning("SkylakeX", kAvx512), "");
  EXPECT_EQ(warning("Cooperlake", kAvx512), "");
  EXPECT_EQ(warning("Haswell", kAvx2), "");
  EXPECT_EQ(warning("Zen", kAvx2), "");
}

TEST(BlasWarning, IsSilentWhereNothingIsKnown) {
  EXPECT_EQ(blas_warning("cpu", core::Json::object(), kAvx512), "");
  EXPECT_EQ(blas_warning("mine", {{"blas", nullptr}}, kAvx512), "");
  EXPECT_EQ(blas_warning("mine", {{"blas", {{"library", 3}, {"kernel", 4}}}}, kAvx512), "");
  EXPECT_EQ(blas_warning("mine", core::Json(), kAvx512), "");
  EXPECT_EQ(warning("neoversev1", nullptr), "");
}

}  // namespace
}  // namespace trainmark::analysis
