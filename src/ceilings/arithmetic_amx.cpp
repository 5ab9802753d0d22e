// Intel's advanced matrix extensions: tiles of 16 rows of 64 bytes, tdpbf16ps and tdpbssd. Six sums, two factors: a tile product takes
// 16 cycles and its result 52 (Intel's optimisation manual), so four sums would do.
//
// The registers are large, so Linux gives them only to processes that ask (arch_prctl, from 5.16 on), once for all threads.
#include "ceilings/kernels.hpp"

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <hwy/base.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace trainmark::ceilings {
namespace {

constexpr unsigned kTileBf16 = 1U << 22, kTiles = 1U << 24, kTileInt8 = 1U << 25;  // CPUID leaf 7, register D
constexpr long kAskForState = 0x1023, kTileData = 18;                              // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA

constexpr int64_t kTileRows = 16, kTileBytes = 64, kSumsPerTile = 16, kSums = 6;

struct alignas(64) TileConfig {
  uint8_t palette = 1, start_row = 0, reserved[14] = {};
  uint16_t row_bytes[16] = {};
  uint8_t rows[16] = {};
};
static_assert(sizeof(TileConfig) == 64);

TileConfig whole_tiles() {
  TileConfig config;
  for (int t = 0; t < 8; ++t) {
    config.row_bytes[t] = kTileBytes;
    config.rows[t] = kTileRows;
  }
  return config;
}

HWY_PUSH_ATTRIBUTES("amx-tile,amx-bf16,amx-int8")

void begin(const TileConfig& config) {
  asm volatile("ldtilecfg %0" : : "m"(config));
  asm volatile(
      "tilezero %tmm0\n\ttilezero %tmm1\n\ttilezero %tmm2\n\ttilezero %tmm3\n\t"
      "tilezero %tmm4\n\ttilezero %tmm5\n\ttilezero %tmm6\n\ttilezero %tmm7");
}

int64_t bfloat16(int64_t rounds, float* sink) {
  const TileConfig config = whole_tiles();
  begin(config);
  for (int64_t r = 0; r < rounds; ++r) {
    asm volatile(
        "tdpbf16ps %tmm7, %tmm6, %tmm0\n\ttdpbf16ps %tmm7, %tmm6, %tmm1\n\ttdpbf16ps %tmm7, %tmm6, %tmm2\n\t"
        "tdpbf16ps %tmm7, %tmm6, %tmm3\n\ttdpbf16ps %tmm7, %tmm6, %tmm4\n\ttdpbf16ps %tmm7, %tmm6, %tmm5");
  }
  asm volatile("tilerelease");
  *sink = 0;
  return rounds * kSums * kTileRows * kSumsPerTile * (kTileBytes / 2) * 2;
}

int64_t int8(int64_t rounds, float* sink) {
  const TileConfig config = whole_tiles();
  begin(config);
  for (int64_t r = 0; r < rounds; ++r) {
    asm volatile(
        "tdpbssd %tmm7, %tmm6, %tmm0\n\ttdpbssd %tmm7, %tmm6, %tmm1\n\ttdpbssd %tmm7, %tmm6, %tmm2\n\t"
        "tdpbssd %tmm7, %tmm6, %tmm3\n\ttdpbssd %tmm7, %tmm6, %tmm4\n\ttdpbssd %tmm7, %tmm6, %tmm5");
  }
  asm volatile("tilerelease");
  *sink = 0;
  return rounds * kSums * kTileRows * kSumsPerTile * kTileBytes * 2;
}

HWY_POP_ATTRIBUTES

}  // namespace

std::vector<ArithmeticKernel> tile_kernels() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) != 1 || (d & kTiles) == 0) return {};
  if (syscall(SYS_arch_prctl, kAskForState, kTileData) != 0) return {};  // an older kernel, or a hypervisor that hides them
  std::vector<ArithmeticKernel> kernels;
  if ((d & kTileBf16) != 0) kernels.push_back({"amx", "tdpbf16ps", NumberType::kBfloat16, &bfloat16});
  if ((d & kTileInt8) != 0) kernels.push_back({"amx", "tdpbssd", NumberType::kInt8, &int8});
  return kernels;
}

}  // namespace trainmark::ceilings

#else

namespace trainmark::ceilings {
std::vector<ArithmeticKernel> tile_kernels() { return {}; }
}  // namespace trainmark::ceilings

#endif
