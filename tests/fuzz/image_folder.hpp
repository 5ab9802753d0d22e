// A folder of images, described by lines. The first holds the options ("size=8x8&channels=1"); each other is the path of
// a file, or of a folder when it ends in '/', and what the file holds: "png" or "jpeg" for an image of that kind, "large"
// for one of another size, or escaped bytes.
#pragma once

#include <cstdlib>

#include "data/encode.hpp"
#include "data/image_folder.hpp"
#include "fuzz/target.hpp"

namespace trainmark::fuzz {

inline std::string image_content(std::string_view word) {
  static const std::string kPng = data::encode_png(2, 2, 3, std::vector<uint8_t>(12, 100));
  static const std::string kJpeg = data::encode_jpeg(2, 2, 3, std::vector<uint8_t>(12, 100));
  static const std::string kLarge = data::encode_png(3, 5, 1, std::vector<uint8_t>(15, 7));
  return word == "png" ? kPng : word == "jpeg" ? kJpeg : word == "large" ? kLarge : unescape(word);
}

/// Makes what one line describes. Paths that leave the folder make nothing.
inline void make_entry(const std::filesystem::path& folder, std::string_view line) {
  const std::string name(line.substr(0, line.find(' ')));
  const std::filesystem::path path = std::filesystem::path(name).relative_path();
  if (name.find('\0') != std::string::npos || name.size() > 100 || path.empty()) return;
  for (const auto& part : path) {
    if (part == "..") return;
  }
  std::error_code ignored;
  std::filesystem::create_directories((folder / path).parent_path(), ignored);
  if (!name.ends_with('/')) put(folder / path, image_content(line.substr(std::min(name.size() + 1, line.size()))));
}

inline bool image_folder(Input input) {
  constexpr int kMostEntries = 24;
  const auto folder = scratch() / "image_folder";
  setenv("TRAINMARK_CACHE", (folder / "cache").c_str(), 1);
  std::filesystem::create_directories(folder / "images");
  std::string_view rest = as_text(input);
  const std::string_view options = take_line(rest);
  for (int i = 0; i < kMostEntries && !rest.empty(); ++i) make_entry(folder / "images", take_line(rest));
  auto name = data::parse_dataset_name("folder:" + (folder / "images").string() + "?" + std::string(options));
  if (name) name->path = folder / "images";  // the options may have brought a question mark of their own
  const auto dataset = name ? data::load_image_folder(*name) : core::Result<data::Dataset>(name.error());
  if (!dataset) {
    refused(dataset.error(), "");
  } else {
    CHECK(dataset->train.samples.count > 0 && dataset->test.samples.count > 0, "both splits have samples");
    const auto again = data::load_image_folder(*name);
    CHECK(again.ok() && again->sha256 == dataset->sha256, "the cache gives the same samples");
  }
  std::filesystem::remove_all(folder);
  return dataset.ok();
}

}  // namespace trainmark::fuzz
