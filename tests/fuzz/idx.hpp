// Two IDX files: two bytes with the length of the images' file (little-endian), that file, and the labels' file. Either
// may be gzip. The lowest bit of the first byte also says whether the classes are known.
#pragma once

#include <numeric>

#include "data/idx.hpp"
#include "fuzz/target.hpp"

namespace trainmark::fuzz {

inline bool idx(Input input) {
  if (input.size() < 2) return false;
  const std::string_view files = as_text(input.subspan(2));
  const size_t length = std::min<size_t>(files.size(), input[0] | input[1] << 8);
  const auto folder = scratch() / "idx";
  std::filesystem::create_directories(folder);
  put(folder / "images", files.substr(0, length));
  put(folder / "labels", files.substr(length));
  const int classes = (input[0] & 1) != 0 ? 10 : 0;
  const auto split = data::open_idx(folder / "images", folder / "labels", classes, folder / "unpacked");
  if (!split) {
    refused(split.error(), folder.string());
  } else {
    const data::SamplesView& samples = split->samples;
    const auto values = static_cast<size_t>(samples.count * samples.shape.size());
    static_cast<void>(std::accumulate(samples.pixels, samples.pixels + values, uint64_t{0}));
    for (int64_t i = 0; i < samples.count; ++i) CHECK(samples.labels[i] < samples.classes, "labels are classes");
  }
  std::filesystem::remove_all(folder);
  return split.ok();
}

}  // namespace trainmark::fuzz
