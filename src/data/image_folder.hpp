// The data set `folder:DIR`: JPEG and PNG files, one subfolder per class, classes numbered in the order of their bytes.
//
// With subfolders `train` and one of `test`, `val`, `valid`, `validation` these are the splits; otherwise the classes lie
// directly in DIR (or in DIR/train) and a fifth of the images is held out. Files are decoded once into the cache, under
// a hash of options, names and contents: nothing is decoded again, and a changed file is.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "data/dataset.hpp"
#include "data/dataset_name.hpp"

namespace trainmark::data {

/// An image file and the class of its subfolder.
struct ImageFile {
  std::filesystem::path path;
  uint8_t label = 0;
};

struct ImageFiles {
  std::vector<std::string> classes;    ///< sorted by bytes
  std::vector<ImageFile> train, test;  ///< sorted by class, then by name
};

/// Lists the files. Hidden files and Thumbs.db are passed over. Usage errors: no subfolders, more than 256, an empty one,
/// a file that is not named as an image, a folder within a class, a class of the test split that training lacks.
core::Result<ImageFiles> find_images(const std::filesystem::path& folder);

/// Options: size (HxW; else all images must have one size), channels (1 or 3; else 1 where all files are grey).
core::Result<Dataset> load_image_folder(const DatasetName& name);

}  // namespace trainmark::data
