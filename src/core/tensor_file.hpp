// Named tensors in files: the safetensors format, which every framework can read.
//
// A file is an 8-byte little-endian header length, a JSON header {"name": {"dtype", "shape", "data_offsets"}}, and the
// raw little-endian values. Only F32, F64 and I64 occur here. Source: https://huggingface.co/docs/safetensors
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "core/result.hpp"

namespace trainmark::core {

/// Values of one tensor in row-major order; the alternative is its data type.
struct TensorValues {
  std::vector<int64_t> shape;
  std::variant<std::vector<float>, std::vector<double>, std::vector<int64_t>> values;

  int64_t size() const;
  /// The values converted to double, whatever their type.
  std::vector<double> as_double() const;
};

/// Tensors by name. std::map: files come out the same to the byte for the same content.
using TensorMap = std::map<std::string, TensorValues>;

/// Writes `tensors` atomically, not flushed to the disk: states pass between processes and are not kept.
Result<void> write_safetensors(const std::filesystem::path& path, const TensorMap& tensors);

/// Reads a whole file. Errors: not readable, header not JSON or too long, unknown type, offsets outside the file,
/// overlapping, or not matching the shape.
Result<TensorMap> read_safetensors(const std::filesystem::path& path);

/// The same of bytes that were read from `path`, which errors name.
Result<TensorMap> parse_safetensors(std::span<const std::byte> bytes, const std::filesystem::path& path);

}  // namespace trainmark::core
