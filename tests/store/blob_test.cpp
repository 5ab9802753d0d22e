// The encodings of long columns: nothing may come back different, and damage must be noticed.
#include "store/blob.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <limits>

#include "core/philox.hpp"

namespace trainmark::store {
namespace {

constexpr int64_t kLeast = std::numeric_limits<int64_t>::min(), kMost = std::numeric_limits<int64_t>::max();

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    text += kDigits[static_cast<uint8_t>(c) >> 4];
    text += kDigits[static_cast<uint8_t>(c) & 15];
  }
  return text;
}

TEST(Blob, HasTheDocumentedBytes) {
  // Worked by hand: count 3; 300 -> zigzag 600 = d8 04; +1 -> 2; -2 -> 3.
  EXPECT_EQ(hex(encode_times(std::vector<int64_t>{300, 301, 299})), "03d8040203");
  // The varint of LEB128's usual example: 624485 = e5 8e 26; zigzag of -312243 is 624485.
  EXPECT_EQ(hex(encode_counts(std::vector<int32_t>{-312243})), "01e58e26");
  EXPECT_EQ(hex(encode_losses(std::vector<double>{1.0})), "000000000000f03f");
  EXPECT_EQ(hex(encode_times({})), "00");
  EXPECT_EQ(hex(encode_losses({})), "");
}

TEST(Blob, KeepsExtremeTimes) {
  for (const std::vector<int64_t>& times : std::vector<std::vector<int64_t>>{
           {}, {0}, {kLeast}, {kMost}, {kLeast, kMost, kLeast}, {kMost, kLeast, 0, -1, 1, kMost}, {-1, -1, -1}, {63, 64, -64, -65, 8191, 8192}}) {
    EXPECT_EQ(decode_times(encode_times(times)).value(), times);
  }
}

TEST(Blob, KeepsRandomTimesOfEveryMagnitude) {
  core::Philox random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<int64_t> times(random.below(300));
    for (int64_t& time : times) time = static_cast<int64_t>(random.next_u64()) >> random.below(64);
    ASSERT_EQ(decode_times(encode_times(times)).value(), times);
  }
}

TEST(Blob, KeepsEveryBitOfLosses) {
  std::vector<double> losses = {0.0,
                                -0.0,
                                std::numeric_limits<double>::infinity(),
                                -std::numeric_limits<double>::infinity(),
                                std::numeric_limits<double>::denorm_min(),
                                std::numeric_limits<double>::max(),
                                std::bit_cast<double>(uint64_t{0x7FF8'0000'DEAD'BEEF}),
                                std::bit_cast<double>(uint64_t{0xFFF0'0000'0000'0001})};
  core::Philox random(8);
  for (int i = 0; i < 1000; ++i) losses.push_back(std::bit_cast<double>(random.next_u64()));
  const auto back = decode_losses(encode_losses(losses)).value();
  ASSERT_EQ(back.size(), losses.size());
  for (size_t i = 0; i < losses.size(); ++i) ASSERT_EQ(std::bit_cast<uint64_t>(back[i]), std::bit_cast<uint64_t>(losses[i])) << i;
}

TEST(Blob, KeepsExtremeCounts) {
  const std::vector<int32_t> counts = {0, 1, -1, 127, 128, std::numeric_limits<int32_t>::max(), std::numeric_limits<int32_t>::min()};
  EXPECT_EQ(decode_counts(encode_counts(counts)).value(), counts);
}

TEST(Blob, NeedsFewBytesForSteadySteps) {
  core::Philox random(9);
  std::vector<int64_t> times(1000);
  for (int64_t& time : times) time = 100'000 + random.below(4'000);
  EXPECT_LT(encode_times(times).size(), 2'100u);
}

TEST(Blob, RefusesDamage) {
  const std::string good = encode_times(std::vector<int64_t>{5, 1'000'000, kMost});
  for (size_t length = 0; length < good.size(); ++length) EXPECT_FALSE(decode_times(good.substr(0, length)).ok()) << length;
  EXPECT_FALSE(decode_times(good + '\0').ok());
  EXPECT_FALSE(decode_times(std::string(11, '\xff')).ok());                                   // never ends
  EXPECT_FALSE(decode_times(std::string("\x01", 1) + std::string(9, '\xff') + '\x02').ok());  // 65 bits
  EXPECT_FALSE(decode_counts(encode_times(std::vector<int64_t>{int64_t{1} << 40})).ok());     // beyond int32
  EXPECT_FALSE(decode_losses("1234567").ok());
  EXPECT_FALSE(decode_times(std::string("\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 9)).ok());  // a count of 2^63
}

}  // namespace
}  // namespace trainmark::store
