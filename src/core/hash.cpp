// Hashes from OpenSSL's libcrypto and from zlib.
#include "core/hash.hpp"

#include <openssl/evp.h>
#include <zlib.h>

#include <array>
#include <limits>

#include "core/check.hpp"

namespace trainmark::core {

std::string sha256_hex(std::span<const std::byte> bytes) {
  std::array<unsigned char, 32> digest{};
  unsigned int size = 0;
  CHECK(EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) == 1 && size == digest.size(), "SHA-256 failed");
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(64);
  for (const unsigned char byte : digest) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

std::string sha256_hex(std::string_view text) { return sha256_hex(std::as_bytes(std::span(text.data(), text.size()))); }

uint32_t crc32(uint32_t crc, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const size_t part = std::min<size_t>(bytes.size(), std::numeric_limits<uInt>::max());
    crc = static_cast<uint32_t>(::crc32(crc, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(part)));
    bytes = bytes.subspan(part);
  }
  return crc;
}

}  // namespace trainmark::core
