// The order in which a reduction adds its terms: natural, or a permutation drawn from a seed.
//
// The proof calibrates its error model by running the reference in float32 with many orders: two correct engines differ
// by the order of their sums, so the spread over orders is what they may differ by. The permutation is
// i -> (offset + i stride) mod n with stride coprime to n: no memory, and neighbours end up far apart.
#pragma once

#include <cstdint>
#include <numeric>

namespace trainmark::backends::reference {

/// Bits of `value` mixed so that every input bit moves every output bit: the finaliser of splitmix64 (Steele, Lea,
/// Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
constexpr uint64_t mix_bits(uint64_t value) {
  value += 0x9E3779B97F4A7C15;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
  return value ^ (value >> 31);
}

/// A permutation of [0, n), n below 2^31.
struct Order {
  int64_t n = 1, offset = 0, stride = 1;

  /// Seed 0 is the natural order.
  static Order make(int64_t n, uint64_t seed) {
    Order order{n};
    if (seed == 0 || n < 2) return order;
    order.offset = static_cast<int64_t>(mix_bits(seed) % static_cast<uint64_t>(n));
    order.stride = 1 + static_cast<int64_t>(mix_bits(seed + 1) % static_cast<uint64_t>(n));
    while (std::gcd(order.stride, n) != 1) ++order.stride;
    return order;
  }
  bool natural() const { return stride == 1 && offset == 0; }
  int64_t operator[](int64_t i) const { return natural() ? i : (offset + i * stride) % n; }
};

}  // namespace trainmark::backends::reference
