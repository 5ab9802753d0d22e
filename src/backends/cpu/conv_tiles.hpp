// Which register tiles a convolution takes: a rough count of the cycles of a tile, and the shape that costs least.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace trainmark::backends::cpu {

// Cycles for one term of a tile: multiplications, latency, loads and decoding, whichever is most. `load_a`: cycles to load one
// of the first, half a cycle where it is one cache line.
inline double tile_cycles(int64_t a, int64_t b, double load_a = 0.5) {
  const double products = static_cast<double>(a * b), loads = static_cast<double>(a + b);
  return std::max({products / 2, 4.0, load_a * static_cast<double>(a) + 0.5 * static_cast<double>(b), (products + loads + 4) / 4});
}

// Cost of covering a x b with balanced tiles of at most (most_a, most_b).
inline double cover_cycles(int64_t a, int64_t b, int most_a, int most_b, double load_a = 0.5) {
  const int64_t ta = (a + most_a - 1) / most_a, tb = (b + most_b - 1) / most_b;
  double sum = 0;
  for (int64_t i = 0; i < ta; ++i) {
    for (int64_t j = 0; j < tb; ++j) sum += tile_cycles(a * (i + 1) / ta - a * i / ta, b * (j + 1) / tb - b * j / tb, load_a);
  }
  return sum;
}

struct Tile {
  int a, b;
};

// The tile shapes that fill the accumulators.
template <class Cost>
Tile best_tile(int accumulators, int most_a, int most_b, const Cost& cost) {
  Tile best{1, 1};
  double least = HUGE_VAL;
  for (int a = 1; a <= std::min(most_a, accumulators); ++a) {
    const int b = std::min(accumulators / a, most_b);
    const double c = cost(a, b);
    if (c < least) {
      least = c;
      best = {a, b};
    }
  }
  return best;
}

}  // namespace trainmark::backends::cpu
