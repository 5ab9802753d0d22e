// A tar archive, packed with gzip or not. Whatever is in it, nothing may appear outside the folder it is unpacked into.
#pragma once

#include "data/unpack.hpp"
#include "fuzz/target.hpp"

namespace trainmark::fuzz {

inline bool archive(Input input) {
  constexpr data::UnpackLimits kLimits{1 << 20, 32};
  const auto place = scratch() / "archive", folder = place / "folder";
  std::filesystem::create_directories(folder);
  put(place / "packed", as_text(input));
  const auto unpacked = data::unpack_tar(place / "packed", folder, kLimits);
  if (!unpacked) refused(unpacked.error(), place.string());
  for (const auto& entry : std::filesystem::directory_iterator(place)) {
    CHECK(entry.path().filename() == "folder" || entry.path().filename() == "packed", "nothing leaves the folder");
  }
  uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    CHECK(!entry.is_symlink() && (entry.is_directory() || entry.is_regular_file()), "only files and folders");
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  CHECK(bytes <= static_cast<uint64_t>(kLimits.bytes), "not more than allowed");
  std::filesystem::remove_all(place);
  return unpacked.ok();
}

}  // namespace trainmark::fuzz
