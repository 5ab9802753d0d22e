// A safetensors file. What is read and written again must be read as the same.
#pragma once

#include <cstring>

#include "core/tensor_file.hpp"
#include "fuzz/target.hpp"

namespace trainmark::fuzz {

inline bool same_bits(const core::TensorValues& a, const core::TensorValues& b) {
  if (a.shape != b.shape || a.values.index() != b.values.index() || a.size() != b.size()) return false;
  return std::visit(
      [&](const auto& values) {
        const auto& others = std::get<std::decay_t<decltype(values)>>(b.values);
        return values.empty() || std::memcmp(values.data(), others.data(), values.size() * sizeof values[0]) == 0;
      },
      a.values);
}

inline bool safetensors(Input input) {
  const auto path = scratch() / "state.safetensors", copy = scratch() / "copy.safetensors";
  put(path, as_text(input));
  const auto tensors = core::read_safetensors(path);
  if (!tensors) return refused(tensors.error(), path.string());
  for (const auto& [name, tensor] : *tensors) {
    int64_t size = 1;
    for (const int64_t extent : tensor.shape) {
      CHECK(extent >= 0, "no extent is negative");
      size = extent == 0 || size == 0 ? 0 : size * extent;
    }
    CHECK(size == tensor.size(), "values fill the shape");
  }
  core::write_safetensors(copy, *tensors).value();
  const auto again = core::read_safetensors(copy);
  CHECK(again.ok() && again->size() == tensors->size(), "what was written is read");
  for (const auto& [name, tensor] : *tensors) CHECK(same_bits(tensor, again->at(name)), "to the bit");
  return true;
}

}  // namespace trainmark::fuzz
