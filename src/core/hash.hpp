// Hashes: SHA-256 names content (workloads, data, states); CRC-32 counts along with the sample indices that a worker
// consumes, because every language has it in its standard library (`zlib.crc32` in Python).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace trainmark::core {

/// SHA-256 of the bytes as 64 lower-case hexadecimal digits.
std::string sha256_hex(std::span<const std::byte> bytes);
std::string sha256_hex(std::string_view text);

/// CRC-32 (polynomial 0xEDB88320, as in zlib and PNG) of `bytes`, continued from `crc`; begin with 0.
uint32_t crc32(uint32_t crc, std::span<const std::byte> bytes);

}  // namespace trainmark::core
