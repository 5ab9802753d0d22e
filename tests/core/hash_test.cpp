// Hashes against published vectors.
#include "core/hash.hpp"

#include <gtest/gtest.h>

namespace trainmark::core {
namespace {

uint32_t crc_of(std::string_view text, uint32_t crc = 0) { return crc32(crc, std::as_bytes(std::span(text.data(), text.size()))); }

TEST(Sha256, MatchesTheVectorsOfFips180) {  // NIST, examples of SHA-256
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256_hex(std::string(1'000'000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Crc32, MatchesItsCheckValue) {  // the check value of CRC-32/ISO-HDLC: "123456789"
  EXPECT_EQ(crc_of("123456789"), 0xCBF43926u);
  EXPECT_EQ(crc_of(""), 0u);
  EXPECT_EQ(crc_of("a"), 0xE8B7BE43u);
}

TEST(Crc32, ContinuesFromWhereItStopped) {
  EXPECT_EQ(crc_of("56789", crc_of("1234")), 0xCBF43926u);
  EXPECT_EQ(crc_of("", 0xCBF43926u), 0xCBF43926u);
}

}  // namespace
}  // namespace trainmark::core
