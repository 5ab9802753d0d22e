// Joining stores: runs of several machines, or of the tasks of one job, in one file.
//
// What is joined is content. Ids of runs and trials are random and rows never change, so of one run in two files the rows of one file are
// the beginning of the other's in every table (the run went on after the copy was made), or the files contradict each other. The longer one wins; a
// contradiction is refused and nothing is written. Therefore the order of stores does not matter, and merging again adds nothing.
// Rows are compared by SHA-256 over all columns but `number`, which only keeps the order of writing in its own file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "store/store.hpp"

namespace trainmark::store {

/// What one store contributed.
struct MergedStore {
  std::filesystem::path path;
  int64_t added = 0, continued = 0, known = 0;  ///< runs that the target did not have, had the beginning of, or had
  int64_t trials = 0;                           ///< that were added
  int64_t logs = 0;                             ///< log files of workers that came along
  int version = kSchemaVersion;                 ///< of the file's schema
};

/// Adds every run of `sources` (files, or the folders that hold them) to the store at `target`, which is made when it is missing; all or nothing.
/// Sources are only read; one of an older schema is migrated in a copy. Errors: no store, damaged, of a newer or another program, the target
/// itself, a run that is still going on, a contradiction.
core::Result<std::vector<MergedStore>> merge(const std::vector<std::filesystem::path>& sources, const std::filesystem::path& target);

/// Whether a process holds the lock of that run beside the store.
bool is_going_on(const std::filesystem::path& folder, const std::string& run_id);

}  // namespace trainmark::store
