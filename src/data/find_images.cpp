// The listing of image folders; reading and decoding is in image_folder.cpp.
#include <fmt/format.h>

#include <algorithm>

#include "data/held_out.hpp"
#include "data/image_folder.hpp"

namespace trainmark::data {
namespace {

namespace fs = std::filesystem;
using core::Result;
using core::usage_error;

constexpr size_t kMostClasses = 256;  // labels have eight bits

struct Listing {
  std::vector<std::string> folders, files;  // names, sorted by bytes, without hidden ones
};

Result<Listing> list_folder(const fs::path& folder) {
  Listing listing;
  std::error_code failure;
  for (fs::directory_iterator entry(folder, failure), end; !failure && entry != end; entry.increment(failure)) {
    std::error_code ignored;
    const std::string name = entry->path().filename().string();
    if (name.starts_with(".") || name == "Thumbs.db") continue;
    (entry->is_directory(ignored) ? listing.folders : listing.files).push_back(name);
  }
  if (failure) return usage_error(fmt::format("cannot read the folder '{}': {}", folder.string(), failure.message()));
  std::sort(listing.folders.begin(), listing.folders.end());
  std::sort(listing.files.begin(), listing.files.end());
  return listing;
}

bool is_image_name(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return name.ends_with(".jpg") || name.ends_with(".jpeg") || name.ends_with(".png");
}

/// The images of every class; classes that `known` lacks are refused, unless it is empty and learns them.
Result<std::vector<ImageFile>> list_split(const fs::path& folder, std::vector<std::string>& known) {
  auto listing = list_folder(folder);
  if (!listing) return listing.error();
  if (listing->folders.empty()) return usage_error(fmt::format("the folder '{}' has no subfolders; an image folder has one for every class", folder.string()));
  if (listing->folders.size() > kMostClasses) {
    return usage_error(
        fmt::format("the folder '{}' has {} subfolders, but there may be at most {} classes", folder.string(), listing->folders.size(), kMostClasses));
  }
  if (known.empty()) known = listing->folders;
  std::vector<ImageFile> images;
  for (const std::string& name : listing->folders) {
    const auto label = std::lower_bound(known.begin(), known.end(), name);
    const fs::path where = folder / name;
    if (label == known.end() || *label != name)
      return usage_error(fmt::format("the folder '{}' is a class that the training images lack; remove it or add such images", where.string()));
    const auto content = list_folder(where);
    if (!content) return content.error();
    if (!content->folders.empty())
      return usage_error(fmt::format("'{}' is a folder within a class; a class holds only images", (where / content->folders.front()).string()));
    if (content->files.empty()) return usage_error(fmt::format("the folder '{}' of a class holds no images", where.string()));
    for (const std::string& file : content->files) {
      if (!is_image_name(file))
        return usage_error(fmt::format("the file '{}' is not named as an image (.jpg, .jpeg or .png); remove it", (where / file).string()));
      images.push_back({where / file, static_cast<uint8_t>(label - known.begin())});
    }
  }
  return images;
}

Result<void> hold_out(ImageFiles& files, const fs::path& folder) {
  const auto mask = held_out(static_cast<int64_t>(files.train.size()), fmt::format("the folder '{}'", folder.string()));
  if (!mask) return mask.error();
  std::vector<ImageFile> all;
  all.swap(files.train);
  for (size_t i = 0; i < all.size(); ++i) ((*mask)[i] ? files.test : files.train).push_back(std::move(all[i]));
  return {};
}

}  // namespace

Result<ImageFiles> find_images(const fs::path& folder) {
  std::error_code ignored;
  fs::path train = folder, test;
  if (fs::is_directory(folder / "train", ignored)) {
    train = folder / "train";
    for (const char* name : {"test", "val", "valid", "validation"}) {
      if (test.empty() && fs::is_directory(folder / name, ignored)) test = folder / name;
    }
  }
  ImageFiles files;
  auto images = list_split(train, files.classes);
  if (!images) return images.error();
  files.train = std::move(*images);
  if (test.empty()) {
    if (auto held = hold_out(files, train); !held) return held.error();
    return files;
  }
  auto tests = list_split(test, files.classes);
  if (!tests) return tests.error();
  files.test = std::move(*tests);
  return files;
}

}  // namespace trainmark::data
