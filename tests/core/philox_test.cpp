// Philox against the authors' known answers, and the distributions drawn from it.
#include "core/philox.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

namespace trainmark::core {
namespace {

using Block = std::array<uint32_t, 4>;

// Known answers: Random123, tests/kat_vectors, philox4x32 with 10 rounds.
TEST(Philox, MatchesTheKnownAnswersOfItsAuthors) {
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}), (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox4x32({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}), (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}), (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Philox, ReaderWalksTheBlocksOfItsStream) {
  Philox random(0x1122334455667788, 0x99AABBCCDDEEFF00);
  for (uint32_t block = 0; block < 3; ++block) {
    for (const uint32_t value : philox4x32({block, 0, 0xDDEEFF00, 0x99AABBCC}, {0x55667788, 0x11223344})) EXPECT_EQ(random.next_u32(), value);
  }
}

TEST(Philox, StreamsAndSeedsAreApartAndCopiesContinue) {
  Philox a(1, 0), b(1, 1), c(2, 0), d(1, 0);
  const uint64_t first = a.next_u64();
  EXPECT_NE(first, b.next_u64());
  EXPECT_NE(first, c.next_u64());
  EXPECT_EQ(first, d.next_u64());
  Philox copy = a;
  EXPECT_EQ(copy.next_u32(), a.next_u32());
}

TEST(Philox, BelowIsUniformAndWithinItsBound) {
  Philox random(3);
  for (const uint32_t bound : {1u, 2u, 3u, 10u, 0x80000001u, ~0u}) {
    for (int i = 0; i < 1000; ++i) ASSERT_LT(random.below(bound), bound);
  }
  std::array<int, 7> times{};
  for (int i = 0; i < 70'000; ++i) ++times[random.below(7)];
  for (const int n : times) EXPECT_NEAR(n, 10'000, 6 * std::sqrt(10'000 * 6 / 7.0));
}

TEST(Philox, BelowHasNoBiasForLargeBounds) {
  // Bound 3 * 2^30: a plain multiply would give every third value twice as often, so that a quarter of the lower bits is favoured.
  Philox random(4);
  constexpr uint32_t kBound = 3u << 30;
  std::array<int, 3> residues{};
  for (int i = 0; i < 90'000; ++i) ++residues[random.below(kBound) % 3];
  for (const int n : residues) EXPECT_NEAR(n, 30'000, 6 * std::sqrt(20'000.0));
}

TEST(Philox, UniformAndNormalHaveTheirMoments) {
  Philox random(5);
  constexpr int kDraws = 200'000;
  double sum = 0, sum_normal = 0, squares = 0, fourth = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double u = random.uniform();
    ASSERT_GE(u, 0.0);
    ASSERT_LT(u, 1.0);
    sum += u;
    const double z = random.normal();
    ASSERT_TRUE(std::isfinite(z));
    sum_normal += z;
    squares += z * z;
    fourth += z * z * z * z;
  }
  // Six standard errors each.
  EXPECT_NEAR(sum / kDraws, 0.5, 6 * std::sqrt(1.0 / 12 / kDraws));
  EXPECT_NEAR(sum_normal / kDraws, 0, 6 / std::sqrt(kDraws));
  EXPECT_NEAR(squares / kDraws, 1, 6 * std::sqrt(2.0 / kDraws));
  EXPECT_NEAR(fourth / kDraws, 3, 6 * std::sqrt(96.0 / kDraws));
}

}  // namespace
}  // namespace trainmark::core
