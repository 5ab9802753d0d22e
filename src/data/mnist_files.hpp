// `mnist` and sets that come in its four files: images and labels of training and test, raw or gzip.
#pragma once

#include <filesystem>
#include <string_view>

#include "core/result.hpp"
#include "data/dataset.hpp"

namespace trainmark::data {

/// The paths of the four files.
struct FourFiles {
  std::filesystem::path train_images, train_labels, test_images, test_labels;
};

/// Finds train-images-idx3-ubyte and so on, raw or .gz, in `folder`. Usage error: what is missing, and how to get it.
core::Result<FourFiles> find_mnist(std::string_view dataset, const std::filesystem::path& folder);

/// Opens `mnist` or `fashion-mnist` from `folder`. Whether the content is the published one is said in `version` and
/// `provenance`.
core::Result<Dataset> load_mnist(std::string_view dataset, const std::filesystem::path& folder);

/// Opens both splits and hashes them; `classes` as for open_idx, 0 for as many as the larger label of both splits needs.
/// Usage error also when the splits have images of different shapes.
core::Result<Dataset> open_four_files(const FourFiles& files, int classes);

}  // namespace trainmark::data
