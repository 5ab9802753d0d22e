// The data set `idx:DIR`: any folder of four IDX files, found by the words in their names.
//
// A file is of the training split when its name holds "train", of the test split with "test" or "t10k", and of images or
// labels by that word; so MNIST's names, EMNIST's and most others are found. Where a folder holds several sets, the
// option `prefix` chooses: emnist-letters- for example.
#pragma once

#include "core/result.hpp"
#include "data/dataset.hpp"
#include "data/dataset_name.hpp"
#include "data/mnist_files.hpp"

namespace trainmark::data {

/// Usage errors: the folder cannot be read; a file is missing; two files fit one role and are not the packed and the
/// unpacked form of one.
core::Result<FourFiles> find_idx_files(const std::filesystem::path& folder, std::string_view prefix);

/// Options: prefix, classes (else one more than the largest label).
core::Result<Dataset> load_idx_folder(const DatasetName& name);

}  // namespace trainmark::data
