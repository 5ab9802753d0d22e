// Every source is copied and checked first; then all runs go into the target in one transaction, in the order in which they started, so that the
// target is the same to the row whatever the order of the sources.
#include "store/merge.hpp"

#include <SQLiteCpp/Statement.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <tuple>

#include "core/file.hpp"
#include "core/file_lock.hpp"
#include "store/errors.hpp"
#include "store/run_rows.hpp"

namespace trainmark::store {
namespace {

namespace fs = std::filesystem;
using core::Result;

/// A source: its copy, migrated, and what it holds.
struct Source {
  MergedStore merged;
  std::unique_ptr<SQLite::Database> copy;
  std::vector<trial::RunRecord> runs;
};

/// A run of a source, sorted by start.
struct Candidate {
  const trial::RunRecord* run;
  Source* source;
};

Result<void> refuse_running(const fs::path& folder, const trial::RunRecord& run, const std::string& place) {
  if (!is_going_on(folder, run.id)) return {};
  return core::usage_error(fmt::format("The run {} of '{}' is still going on; wait for it, or end it, before stores are merged.", run.id, place));
}

Result<void> check_whole(const SQLite::Database& database, const fs::path& path) {
  SQLite::Statement check(database, "PRAGMA quick_check(1)");
  const std::string found = check.executeStep() ? check.getColumn(0).getString() : "no answer";
  if (found == "ok") return {};
  return core::tool_error(fmt::format("The store '{}' is damaged ({}); use a copy of it from before, or leave it out.", path.string(), found));
}

Result<Source> read_source(const fs::path& given, const fs::path& target, const fs::path& copy) {
  std::error_code ignored;
  const fs::path path = fs::is_directory(given, ignored) ? given / kFileName : given;
  if (fs::equivalent(path, target, ignored)) {
    return core::usage_error(fmt::format("'{}' is the store that the others are merged into (--out); leave it out of the list.", path.string()));
  }
  if (!fs::exists(path, ignored))
    return core::usage_error(fmt::format("There is no store at '{}'; name a results folder or its {}.", path.string(), kFileName));
  Source source;
  source.merged.path = path;
  const auto original = Store::open(path, {Access::kReadOnly, 10'000});
  if (!original) return original.error();
  auto runs = original->runs();
  if (!runs) return runs.error();
  source.runs = *std::move(runs);
  for (const trial::RunRecord& run : source.runs) {
    if (const auto ended = refuse_running(path.parent_path(), run, path.string()); !ended) return ended.error();
  }
  const auto version = original->copy_to(copy);
  if (!version) return version.error();
  source.merged.version = *version;
  if (const auto migrated = Store::open(copy); !migrated) return migrated.error();
  return guarded<Source>(path, "read it", [&]() -> Result<Source> {
    source.copy = std::make_unique<SQLite::Database>(copy.string(), SQLite::OPEN_READONLY, 0);
    if (const auto whole = check_whole(*source.copy, path); !whole) return whole.error();
    return std::move(source);
  });
}

enum class Relation { kSame, kFirstLonger, kSecondLonger, kContradiction };

Relation relation(const RunHashes& first, const RunHashes& second) {
  bool first_longer = false, second_longer = false;
  for (size_t t = 0; t < first.size(); ++t) {
    const size_t common = std::min(first[t].size(), second[t].size());
    if (!std::equal(first[t].begin(), first[t].begin() + static_cast<std::ptrdiff_t>(common), second[t].begin())) return Relation::kContradiction;
    first_longer = first_longer || first[t].size() > common;
    second_longer = second_longer || second[t].size() > common;
  }
  if (first_longer && second_longer) return Relation::kContradiction;
  return first_longer ? Relation::kFirstLonger : second_longer ? Relation::kSecondLonger : Relation::kSame;
}

size_t trials_in(const RunHashes& hashes) { return hashes[1].size(); }

Result<void> add_run(const Candidate& candidate, SQLite::Database& database, const fs::path& target) {
  MergedStore& merged = candidate.source->merged;
  const std::string& id = candidate.run->id;
  const RunHashes theirs = hash_run(*candidate.source->copy, id), ours = hash_run(database, id);
  switch (relation(theirs, ours)) {
    case Relation::kContradiction:
      return core::usage_error(fmt::format(
          "The run {} of '{}' contradicts what '{}' or an earlier store has of it: it was continued in two places, or changed. Leave one of them out.", id,
          merged.path.string(), target.string()));
    case Relation::kSame:
    case Relation::kSecondLonger:
      ++merged.known;
      return {};
    case Relation::kFirstLonger:
      break;
  }
  if (auto ended = refuse_running(target.parent_path(), *candidate.run, target.string()); !ended) return ended;
  copy_run(*candidate.source->copy, database, id, ours);
  ++(ours[0].empty() ? merged.added : merged.continued);
  merged.trials += static_cast<int64_t>(trials_in(theirs) - trials_in(ours));
  return {};
}

// Ids are part of file names here, and a store may hold anything.
bool is_plain(const std::string& id) { return !id.empty() && id.find_first_not_of("0123456789abcdef") == std::string::npos; }

// Logs are beside the records: what is missing of them is no error.
void bring_logs(Source& source, const fs::path& target) {
  const fs::path from = source.merged.path.parent_path() / "logs", to = target.parent_path() / "logs";
  std::error_code failure;
  if (!fs::is_directory(from, failure)) return;
  fs::create_directories(to, failure);
  SQLite::Statement trials(*source.copy, "SELECT id FROM trial");
  while (trials.executeStep()) {
    const std::string id = trials.getColumn(0).getString();
    if (is_plain(id) && fs::copy_file(from / (id + ".log"), to / (id + ".log"), fs::copy_options::skip_existing, failure)) ++source.merged.logs;
  }
}

Result<void> add_all(std::vector<Source>& sources, SQLite::Database& database, const fs::path& target) {
  std::vector<Candidate> candidates;
  for (Source& source : sources) {
    for (const trial::RunRecord& run : source.runs) candidates.push_back({&run, &source});
  }
  std::stable_sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    return std::tie(a.run->started_wall_ns, a.run->id) < std::tie(b.run->started_wall_ns, b.run->id);
  });
  database.exec("BEGIN IMMEDIATE");  // closing the connection early takes it back
  for (const Candidate& candidate : candidates) {
    if (auto added = add_run(candidate, database, target); !added) return added;
  }
  database.exec("COMMIT");
  return {};
}

}  // namespace

bool is_going_on(const fs::path& folder, const std::string& run_id) { return core::FileLock::is_held(folder / fmt::format("run-{}.lock", run_id)); }

Result<std::vector<MergedStore>> merge(const std::vector<fs::path>& given, const fs::path& target) {
  const auto scratch = core::TemporaryFolder::make(fs::temp_directory_path(), "trainmark-merge-");
  if (!scratch) return scratch.error();
  std::vector<Source> sources;
  for (const fs::path& path : given) {
    auto source = read_source(path, target, scratch->path() / fmt::format("{}.sqlite", sources.size()));
    if (!source) return source.error();
    sources.push_back(*std::move(source));
  }
  if (const auto made = Store::open(target); !made) return made.error();
  const auto added = guarded<void>(target, "take the runs of another store", [&]() -> Result<void> {
    SQLite::Database database(target.string(), SQLite::OPEN_READWRITE, 10'000);
    database.exec("PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL");
    return add_all(sources, database, target);
  });
  if (!added) return added.error();
  std::vector<MergedStore> merged;
  for (Source& source : sources) {
    const auto brought = guarded<void>(source.merged.path, "list its trials", [&]() -> Result<void> {
      bring_logs(source, target);
      return {};
    });
    if (!brought) return brought.error();
    merged.push_back(source.merged);
  }
  return merged;
}

}  // namespace trainmark::store
