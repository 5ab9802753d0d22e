// Compact encodings of the long columns: every time taken, every loss, every count of correct answers.
//
// times     varint count, then one varint per time: zigzag of the difference to the one before (the first to 0), taken
//           modulo 2^64, so every int64 survives. Steps of one platform are alike: 2 or 3 bytes a time instead of 8.
// losses    raw little-endian float64; NaN payloads and the sign of zero are kept to the bit. They hardly compress.
// counts    varint count, then one varint per value: zigzag of it.
// varint    LEB128: 7 bits a byte, lowest first, high bit set on all but the last; at most 10 bytes.
// zigzag    (v << 1) ^ (v >> 63): small numbers of either sign become small unsigned numbers.
// The formats are part of the file; a new one needs a new schema version. docs/store.md describes them for other readers.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace trainmark::store {

std::string encode_times(std::span<const int64_t> times_ns);
std::string encode_losses(std::span<const double> losses);
std::string encode_counts(std::span<const int32_t> counts);

/// Inverses. Errors: cut off, bytes left over, a varint above 64 bits, a count beyond int32.
core::Result<std::vector<int64_t>> decode_times(std::string_view blob);
core::Result<std::vector<double>> decode_losses(std::string_view blob);
core::Result<std::vector<int32_t>> decode_counts(std::string_view blob);

}  // namespace trainmark::store
