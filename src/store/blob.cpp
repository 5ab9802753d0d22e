// Varints, zigzag and raw doubles; blob.hpp describes the formats.
#include "store/blob.hpp"

#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <limits>
#include <optional>

namespace trainmark::store {
namespace {

static_assert(std::endian::native == std::endian::little, "raw doubles are written in little-endian order");

uint64_t zigzag(int64_t value) { return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63); }
int64_t unzigzag(uint64_t value) { return static_cast<int64_t>((value >> 1) ^ (0 - (value & 1))); }

void put_varint(std::string& out, uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

// Takes one varint off the front of `in`; nothing when it is cut off or above 64 bits.
std::optional<uint64_t> take_varint(std::string_view& in) {
  uint64_t value = 0;
  for (int shift = 0; shift < 64 && !in.empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(in.front());
    in.remove_prefix(1);
    if (shift == 63 && byte > 1) return std::nullopt;
    value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

core::Error damaged(std::string_view what, size_t bytes) {
  return core::tool_error(
      fmt::format("A blob of {} in the store is damaged ({} bytes that do not decode); the file cannot be trusted, use a copy of it.", what, bytes));
}

// The count, then that many values; every value takes at least one byte, so a wild count cannot allocate much.
std::optional<std::vector<uint64_t>> take_all(std::string_view blob) {
  const auto count = take_varint(blob);
  if (!count || *count > blob.size()) return std::nullopt;
  std::vector<uint64_t> values;
  values.reserve(*count);
  for (uint64_t i = 0; i < *count; ++i) {
    const auto value = take_varint(blob);
    if (!value) return std::nullopt;
    values.push_back(*value);
  }
  if (!blob.empty()) return std::nullopt;
  return values;
}

}  // namespace

std::string encode_times(std::span<const int64_t> times_ns) {
  std::string blob;
  put_varint(blob, times_ns.size());
  uint64_t before = 0;
  for (const int64_t time : times_ns) {
    put_varint(blob, zigzag(static_cast<int64_t>(static_cast<uint64_t>(time) - before)));
    before = static_cast<uint64_t>(time);
  }
  return blob;
}

core::Result<std::vector<int64_t>> decode_times(std::string_view blob) {
  const auto values = take_all(blob);
  if (!values) return damaged("times", blob.size());
  std::vector<int64_t> times;
  times.reserve(values->size());
  uint64_t sum = 0;
  for (const uint64_t value : *values) {
    sum += static_cast<uint64_t>(unzigzag(value));
    times.push_back(static_cast<int64_t>(sum));
  }
  return times;
}

std::string encode_losses(std::span<const double> losses) {
  std::string blob(losses.size_bytes(), '\0');
  if (!losses.empty()) std::memcpy(blob.data(), losses.data(), blob.size());
  return blob;
}

core::Result<std::vector<double>> decode_losses(std::string_view blob) {
  if (blob.size() % sizeof(double) != 0) return damaged("losses", blob.size());
  std::vector<double> losses(blob.size() / sizeof(double));
  if (!losses.empty()) std::memcpy(losses.data(), blob.data(), blob.size());
  return losses;
}

std::string encode_counts(std::span<const int32_t> counts) {
  std::string blob;
  put_varint(blob, counts.size());
  for (const int32_t count : counts) put_varint(blob, zigzag(count));
  return blob;
}

core::Result<std::vector<int32_t>> decode_counts(std::string_view blob) {
  const auto values = take_all(blob);
  if (!values) return damaged("correct answers", blob.size());
  std::vector<int32_t> counts;
  counts.reserve(values->size());
  for (const uint64_t value : *values) {
    const int64_t count = unzigzag(value);
    if (count < std::numeric_limits<int32_t>::min() || count > std::numeric_limits<int32_t>::max()) return damaged("correct answers", blob.size());
    counts.push_back(static_cast<int32_t>(count));
  }
  return counts;
}

}  // namespace trainmark::store
