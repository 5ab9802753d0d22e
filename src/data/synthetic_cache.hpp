// `synthetic-digits` in the cache folder: made once as IDX files, then opened.
//
// The folder appears under its final name by one rename when all four files are complete and verified, so a half-made
// set is never used, and of several processes that make it at once the first wins and the others use its set.
#pragma once

#include <filesystem>

#include "core/result.hpp"
#include "data/dataset.hpp"

namespace trainmark::data {

/// The set below `cache`, made when it is missing. Errors: the folder cannot be written; the files in it are damaged
/// (the sentence says what to remove).
core::Result<Dataset> load_synthetic(const std::filesystem::path& cache);

}  // namespace trainmark::data
