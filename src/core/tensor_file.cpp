// Reading and writing safetensors. Every number of the header is checked before it is used.
#include "core/tensor_file.hpp"

#include <fmt/format.h>

#include <cstring>
#include <iterator>
#include <span>

#include "core/file.hpp"
#include "core/json.hpp"

namespace trainmark::core {
namespace {

constexpr uint64_t kMaxHeader = 100'000'000;  // the limit of the format's own reader

std::string_view dtype_name(const TensorValues& tensor) {
  static constexpr std::string_view kNames[] = {"F32", "F64", "I64"};
  return kNames[tensor.values.index()];
}

std::span<const std::byte> raw_bytes(const TensorValues& tensor) {
  return std::visit([](const auto& v) { return std::as_bytes(std::span(v)); }, tensor.values);
}

template <class T>
std::vector<T> copy_values(std::span<const std::byte> bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

using Ranges = std::map<uint64_t, uint64_t>;  // begin and end of each tensor's bytes

/// Adds a range. False when it overlaps one that is there: checked before anything is copied, or a small file could
/// have a thousand tensors that all are the whole of its data.
bool claim(Ranges& ranges, uint64_t begin, uint64_t end) {
  if (begin == end) return true;
  const auto next = ranges.lower_bound(begin);
  if (next != ranges.end() && next->first < end) return false;
  if (next != ranges.begin() && std::prev(next)->second > begin) return false;
  ranges.emplace_hint(next, begin, end);
  return true;
}

Result<TensorValues> read_entry(const std::string& name, const Json& entry, std::span<const std::byte> data, const std::string& where, Ranges& ranges) {
  const std::string place = fmt::format("{}, tensor '{}'", where, name);
  const auto dtype = get<std::string>(entry, "dtype", place);
  if (!dtype) return dtype.error();
  const size_t item = *dtype == "F32" ? 4 : *dtype == "F64" || *dtype == "I64" ? 8 : 0;
  if (item == 0) return usage_error(fmt::format("{}: the data type '{}' is not one of F32, F64, I64", place, *dtype));

  TensorValues tensor;
  uint64_t bytes = item;
  if (!entry.contains("shape") || !entry["shape"].is_array()) return usage_error(fmt::format("{}: 'shape' must be an array", place));
  for (const Json& extent : entry["shape"]) {
    if (!extent.is_number_unsigned() || extent.get<uint64_t>() > INT64_MAX)
      return usage_error(fmt::format("{}: every extent of 'shape' must be a non-negative integer of 63 bits", place));
    const auto value = extent.get<uint64_t>();
    if (value != 0 && bytes > data.size() / value) return usage_error(fmt::format("{}: the shape needs more bytes than the file has", place));
    bytes *= value;
    tensor.shape.push_back(static_cast<int64_t>(value));
  }
  const auto offsets = entry.find("data_offsets");
  if (offsets == entry.end() || !offsets->is_array() || offsets->size() != 2 || !(*offsets)[0].is_number_unsigned() || !(*offsets)[1].is_number_unsigned()) {
    return usage_error(fmt::format("{}: 'data_offsets' must be two non-negative integers", place));
  }
  const auto begin = (*offsets)[0].get<uint64_t>();
  const auto end = (*offsets)[1].get<uint64_t>();
  if (begin > end || end > data.size() || end - begin != bytes) {
    return usage_error(fmt::format("{}: data_offsets [{}, {}] do not fit its {} bytes in a file with {} bytes of data", place, begin, end, bytes, data.size()));
  }
  if (!claim(ranges, begin, end)) return usage_error(fmt::format("{}: two tensors overlap at byte {} of the data", where, begin));
  const auto raw = data.subspan(begin, bytes);
  if (*dtype == "F32") tensor.values = copy_values<float>(raw);
  if (*dtype == "F64") tensor.values = copy_values<double>(raw);
  if (*dtype == "I64") tensor.values = copy_values<int64_t>(raw);
  return tensor;
}

}  // namespace

int64_t TensorValues::size() const {
  return std::visit([](const auto& v) { return static_cast<int64_t>(v.size()); }, values);
}

std::vector<double> TensorValues::as_double() const {
  return std::visit([](const auto& v) { return std::vector<double>(v.begin(), v.end()); }, values);
}

Result<void> write_safetensors(const std::filesystem::path& path, const TensorMap& tensors) {
  Json header = Json::object();
  uint64_t offset = 0;
  for (const auto& [name, tensor] : tensors) {
    const uint64_t end = offset + raw_bytes(tensor).size();
    header[name] = {{"dtype", dtype_name(tensor)}, {"shape", tensor.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');  // the data begin on a multiple of 8 bytes
  std::string bytes(8, '\0');
  const uint64_t length = text.size();
  std::memcpy(bytes.data(), &length, 8);
  bytes += text;
  bytes.reserve(bytes.size() + offset);
  for (const auto& [name, tensor] : tensors) {
    const auto raw = raw_bytes(tensor);
    bytes.append(reinterpret_cast<const char*>(raw.data()), raw.size());
  }
  return write_file(path, std::as_bytes(std::span(bytes.data(), bytes.size())), Flush::kNo);
}

Result<TensorMap> read_safetensors(const std::filesystem::path& path) {
  const auto file = MappedFile::open(path);
  if (!file) return file.error();
  return parse_safetensors(file->bytes(), path);
}

Result<TensorMap> parse_safetensors(std::span<const std::byte> bytes, const std::filesystem::path& path) {
  const std::string where = fmt::format("safetensors file '{}'", path.string());
  uint64_t length = 0;
  if (bytes.size() < 8) return usage_error(fmt::format("{} has {} bytes, fewer than its 8-byte header length", where, bytes.size()));
  std::memcpy(&length, bytes.data(), 8);
  if (length > bytes.size() - 8 || length > kMaxHeader)
    return usage_error(fmt::format("{} announces a header of {} bytes, but has {} bytes in all", where, length, bytes.size()));
  const auto header = parse_json({reinterpret_cast<const char*>(bytes.data()) + 8, length}, where);
  if (!header) return header.error();
  if (!header->is_object()) return usage_error(fmt::format("{}: the header must be a JSON object", where));
  TensorMap tensors;
  Ranges ranges;
  for (const auto& [name, entry] : header->items()) {
    if (name == "__metadata__") continue;
    auto tensor = read_entry(name, entry, bytes.subspan(8 + length), where, ranges);
    if (!tensor) return tensor.error();
    tensors.emplace(name, std::move(*tensor));
  }
  uint64_t claimed = 0;
  for (const auto& [begin, end] : ranges) {
    if (begin > claimed) return usage_error(fmt::format("{}: the bytes {} to {} of the data belong to no tensor", where, claimed, begin));
    claimed = end;
  }
  const uint64_t data_bytes = bytes.size() - 8 - length;
  if (claimed != data_bytes) return usage_error(fmt::format("{}: the bytes {} to {} of the data belong to no tensor", where, claimed, data_bytes));
  return tensors;
}

}  // namespace trainmark::core
