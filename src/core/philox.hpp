// Philox 4x32-10: a counter-based random generator. Value i of a stream is a pure function of (seed, stream, i), so
// initial weights, batch orders and dropout masks are the same on every machine and for every number of threads.
//
// Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011; the constants and the
// known answers of the tests are those of the authors' Random123 library.
#pragma once

#include <array>
#include <cstdint>

namespace trainmark::core {

/// Ten rounds on one 128-bit counter under a 64-bit key: four independent 32-bit values.
constexpr std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t a = uint64_t{0xD2511F53} * counter[0];
    const uint64_t b = uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<uint32_t>(b), static_cast<uint32_t>(a >> 32) ^ counter[3] ^ key[1],
               static_cast<uint32_t>(a)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

/// A sequential reader of one stream. Copies continue independently from the same place.
class Philox {
 public:
  /// `seed` is the key; `stream` separates uses of one seed (a parameter's name hashed, an epoch's number).
  explicit Philox(uint64_t seed, uint64_t stream = 0) : seed_(seed), stream_(stream) {}

  uint32_t next_u32() {
    if (used_ == 4) refill();
    return values_[used_++];
  }
  uint64_t next_u64() {
    const uint64_t high = next_u32();
    return high << 32 | next_u32();
  }
  /// Uniform in [0, 1) with 53 bits.
  double uniform() { return static_cast<double>(next_u64() >> 11) * 0x1p-53; }
  /// Uniform in [0, bound), exactly (Lemire's rejection); bound > 0.
  uint32_t below(uint32_t bound) {
    uint64_t product = uint64_t{next_u32()} * bound;
    if (static_cast<uint32_t>(product) < bound) {
      const uint32_t threshold = (0u - bound) % bound;
      while (static_cast<uint32_t>(product) < threshold) product = uint64_t{next_u32()} * bound;
    }
    return static_cast<uint32_t>(product >> 32);
  }
  /// Standard normal by Box and Muller; two per pair of uniforms.
  double normal();

 private:
  void refill() {
    values_ =
        philox4x32({static_cast<uint32_t>(block_), static_cast<uint32_t>(block_ >> 32), static_cast<uint32_t>(stream_), static_cast<uint32_t>(stream_ >> 32)},
                   {static_cast<uint32_t>(seed_), static_cast<uint32_t>(seed_ >> 32)});
    ++block_;
    used_ = 0;
  }

  uint64_t seed_;
  uint64_t stream_;
  uint64_t block_ = 0;
  std::array<uint32_t, 4> values_{};
  int used_ = 4;
  bool has_spare_ = false;
  double spare_ = 0;
};

}  // namespace trainmark::core
