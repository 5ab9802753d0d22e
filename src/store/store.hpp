// The store: one SQLite file that keeps the records of runs for ever. Append-only; a trial::Sink for the supervisor.
//
// Every add() is one transaction. When it returns, the record survives the death of every process (SIGKILL included);
// records that end something (runs, verdicts, outcomes, ends) have also been flushed to the disk, and with them
// everything before them, so they survive a power cut. See durability in write.cpp. One thread at a time per Store;
// any number of processes may have the same file open.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/run_data.hpp"

namespace trainmark::store {

inline constexpr std::string_view kFileName = "trainmark.sqlite";  ///< within the results folder

/// Version of schema.sql, kept in the file's user_version. A newer file is refused, an older one migrated.
inline constexpr int kSchemaVersion = 3;

enum class Access { kReadWrite, kReadOnly };

struct Options {
  Access access = Access::kReadWrite;
  int busy_timeout_ms = 10'000;  ///< how long a lock of another process is waited for
};

class Store final : public trial::Sink {
 public:
  /// Opens the file; kReadWrite makes it, and its folder, when missing. Errors: no such file, folder or file not
  /// writable, not a store, newer schema, locked, disk full.
  static core::Result<Store> open(const std::filesystem::path& path, const Options& options = {});
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  ~Store() override;

  core::Result<void> add(const trial::RunRecord& record) override;
  core::Result<void> add(const trial::WorkloadRecord& record) override;  ///< does nothing when the hash is there already
  core::Result<void> add(const trial::TrialRecord& record) override;
  core::Result<void> add(const trial::PreparationRecord& record) override;
  core::Result<void> add(const trial::WarmStartRecord& record) override;
  core::Result<void> add(const trial::BlockRecord& record) override;
  core::Result<void> add(const trial::EvaluationRecord& record) override;
  core::Result<void> add(const trial::VerdictRecord& record) override;
  core::Result<void> add(const trial::OutcomeRecord& record) override;
  core::Result<void> add(const trial::ReadingRecord& record) override;
  core::Result<void> add(const trial::SkipRecord& record) override;
  core::Result<void> add(const trial::RunEndRecord& record) override;

  /// All runs, oldest first, by the clock of their machines: a store may hold runs of several (merge.hpp).
  core::Result<std::vector<trial::RunRecord>> runs() const;

  /// Everything about one run. `id` may be shortened as long as it is unique; "" is the latest run.
  core::Result<RunData> load_run(std::string_view id) const;

  /// The latest run that asked for the same; nothing when there is none.
  core::Result<std::optional<ResumePoint>> find_unfinished(std::string_view study_hash) const;

  /// Marks trials of a resume point as abandoned. Their blocks stay.
  core::Result<void> abandon(const ResumePoint& point, int64_t wall_ns);

  /// Writes the file as it is now to `path`, where there must be none, and says which version its schema has.
  core::Result<int> copy_to(const std::filesystem::path& path) const;

  /// What a user should know about this file ("" mostly): that WAL is not used here, and why.
  const std::string& note() const;

 private:
  struct Connection;
  explicit Store(std::unique_ptr<Connection> connection);
  friend struct Writer;
  std::unique_ptr<Connection> connection_;
};

}  // namespace trainmark::store
