// The rows of one run as bare values: what merging compares and copies, whatever the columns mean.
#pragma once

#include <SQLiteCpp/Database.h>

#include <array>
#include <string>
#include <vector>

namespace trainmark::store {

/// A table with rows that belong to runs, in an order that foreign keys allow.
struct RunTable {
  const char* name;
  const char* of_run;  ///< condition on the id of the run
};

inline constexpr const char* kByTrial = "trial_id IN (SELECT id FROM trial WHERE run_id = ?)";
inline constexpr const char* kByRun = "run_id = ?";
inline constexpr std::array<RunTable, 11> kRunTables = {{{"run", "id = ?"},
                                                         {"trial", kByRun},
                                                         {"preparation", kByTrial},
                                                         {"block", kByTrial},
                                                         {"evaluation", kByTrial},
                                                         {"verdict", kByTrial},
                                                         {"outcome", kByTrial},
                                                         {"skip", kByRun},
                                                         {"run_end", kByRun},
                                                         {"warm_start", kByTrial},
                                                         {"reading", kByRun}}};

/// Of each table of kRunTables, the SHA-256 of every row of the run in the order of writing; empty of a run that is not there.
using RunHashes = std::array<std::vector<std::string>, kRunTables.size()>;

RunHashes hash_run(const SQLite::Database& database, const std::string& run_id);

/// Copies the rows of the run that come after the first `known` ones of each table, with the workloads that they name.
void copy_run(const SQLite::Database& from, SQLite::Database& to, const std::string& run_id, const RunHashes& known);

}  // namespace trainmark::store
