// Data sets by name: where they come from, their content's hash, and their splits.
//
// `mnist`, `fashion-mnist` and `cifar-10` are read from a folder that the user names or from the cache folder, where
// `trainmark data fetch` puts them; `synthetic-digits` is made on the machine at first use; csv:FILE, idx:DIR, folder:DIR
// and cifar:DIR are files of the user's. Whatever the form, the samples end as raw IDX files that every worker can map.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "data/idx.hpp"
#include "data/samples.hpp"

namespace trainmark::data {

struct Dataset {
  std::string name;                      ///< `mnist`, `synthetic-digits`, `csv:FILE?label=species`: as the user wrote it
  std::string version;                   ///< of the content
  std::string sha256;                    ///< of the content: see dataset_sha256
  std::string provenance;                ///< where the samples come from, a sentence for reports
  bool synthetic = false;                ///< made by a program, not collected; said wherever the name appears
  std::vector<std::string> class_names;  ///< name of every label; empty where labels are only numbers
  Split train, test;
};

/// A known data set, for `trainmark list datasets`.
struct DatasetInfo {
  std::string name;
  std::string description;
  Shape3 shape;  ///< of the published set; a folder of the user's may hold other sizes
  int classes = 0;
  int64_t train_count = 0, test_count = 0;
  bool available = false;   ///< it can be used on this machine now
  std::string unavailable;  ///< why not, and what to do; empty when available
};

/// Every data set that load_dataset knows by a name alone. `data_dir` is where the user keeps the files, as for load_dataset.
std::vector<DatasetInfo> known_datasets(const std::optional<std::filesystem::path>& data_dir = {});

/// Loads a data set. `data_dir` names the folder of the files of `mnist`, `fashion-mnist` or `cifar-10` (else that of its
/// name in the cache folder); the others do not need it. Usage errors: unknown name or option, files missing or bad,
/// splits of different image sizes.
core::Result<Dataset> load_dataset(std::string_view name, const std::optional<std::filesystem::path>& data_dir = {});

/// SHA-256 of the SHA-256 sums (hexadecimal, concatenated) of the four raw IDX files: training images, training labels,
/// test images, test labels. Packing does not change it.
std::string dataset_sha256(const Split& train, const Split& test);

/// `count` samples from number `first` on, as a view of the same memory.
SamplesView samples_range(const SamplesView& samples, int64_t first, int64_t count);

}  // namespace trainmark::data
