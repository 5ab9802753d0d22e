// Store::add: one INSERT per record, one transaction each.
//
// Durability. In WAL mode a commit is a write() into the log; once it returns, the kernel has the bytes, and no SIGKILL
// of ours loses them. Flushing to the disk (synchronous FULL) guards against power cuts only, and is paid where
// something ends: runs, workloads, verdicts, outcomes, ends. That flush covers everything written before, so a finished
// trial is on the disk with all of its blocks. Measured on a busy two-core virtual machine, ext4, medians: a block of
// 1,000 steps takes 0.14 ms, an outcome with its flush and the copying of the log 23 ms. The log is copied into the file
// after outcomes and ends only, outside every clock.
#include <SQLiteCpp/Statement.h>
#include <fmt/format.h>

#include <bit>
#include <cmath>

#include "store/blob.hpp"
#include "store/connection.hpp"
#include "store/errors.hpp"
#include "store/words.hpp"

namespace trainmark::store {
namespace {

enum class Durability { kSurvivesKill, kSurvivesPowerCut };

struct Blob {
  std::string bytes;
};

std::string text(const core::Json& json) { return json.dump(-1, ' ', false, core::Json::error_handler_t::replace); }

void bind(SQLite::Statement& statement, int column, const std::string& value) { statement.bind(column, value); }
void bind(SQLite::Statement& statement, int column, std::string_view value) { statement.bind(column, std::string(value)); }
void bind(SQLite::Statement& statement, int column, const core::Json& value) { statement.bind(column, text(value)); }
void bind(SQLite::Statement& statement, int column, int64_t value) { statement.bind(column, value); }
void bind(SQLite::Statement& statement, int column, const std::optional<int64_t>& value) {
  if (value) {
    statement.bind(column, *value);
  } else {
    statement.bind(column);
  }
}
void bind(SQLite::Statement& statement, int column, const Blob& value) {
  statement.bind(column, static_cast<const void*>(value.bytes.data()), static_cast<int>(value.bytes.size()));
}
// SQLite has no NaN: it becomes NULL.
void bind(SQLite::Statement& statement, int column, double value) {
  if (std::isnan(value)) {
    statement.bind(column);
  } else {
    statement.bind(column, value);
  }
}

}  // namespace

// Holds what only members of Store may see: the type of its connection.
struct Writer {
  Store::Connection& connection;
  std::string_view doing;  // completes "could not ___"

  template <class... Values>
  core::Result<void> insert(Durability durability, const std::string& sql, const Values&... values) const {
    return guarded<void>(connection.path, doing, [&]() -> core::Result<void> {
      const int synchronous = durability == Durability::kSurvivesPowerCut ? 2 : 1;  // FULL, NORMAL
      if (connection.synchronous != synchronous) {
        connection.database.exec(fmt::format("PRAGMA synchronous = {}", synchronous));
        connection.synchronous = synchronous;
      }
      SQLite::Statement statement(connection.database, sql);
      int column = 0;
      (bind(statement, ++column, values), ...);
      statement.exec();
      return {};
    });
  }

  // Passive: never waits for readers, and what it leaves the next one copies. A failure costs nothing but log space.
  void checkpoint() const {
    if (connection.wal) connection.database.tryExec("PRAGMA wal_checkpoint(PASSIVE)");
  }
};

core::Result<void> Store::add(const trial::RunRecord& r) {
  return Writer{*connection_, "add a run"}.insert(Durability::kSurvivesPowerCut,
                                                  "INSERT INTO run (id, study, study_hash, study_json, baseline, command_line, version, started_wall_ns, "
                                                  "environment) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                                                  r.id, r.study, r.study_hash, r.study_json, r.baseline, r.command_line, r.version, r.started_wall_ns,
                                                  r.environment);
}

core::Result<void> Store::add(const trial::WorkloadRecord& r) {
  return Writer{*connection_, "add a workload"}.insert(
      Durability::kSurvivesPowerCut,
      "INSERT INTO workload (hash, network, dataset, synthetic, json) SELECT ?1, ?2, ?3, ?4, ?5 WHERE NOT EXISTS (SELECT 1 FROM workload WHERE hash = ?1)",
      r.hash, r.network, r.dataset, int64_t{r.synthetic}, r.json);
}

core::Result<void> Store::add(const trial::TrialRecord& r) {
  return Writer{*connection_, "add a trial"}.insert(
      Durability::kSurvivesKill,
      "INSERT INTO trial (id, run_id, key, workload_hash, platform, threads, repetition, seed, share, planned_steps, started_wall_ns, hello) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      r.id, r.run_id, r.key, r.workload_hash, r.platform, int64_t{r.threads}, r.repetition, std::bit_cast<int64_t>(r.seed), r.share, r.planned_steps,
      r.started_wall_ns, r.hello);
}

core::Result<void> Store::add(const trial::PreparationRecord& r) {
  return Writer{*connection_, "add a preparation"}.insert(
      Durability::kSurvivesKill,
      "INSERT INTO preparation (trial_id, start_ns, build_ns, compile_ns, input_ns, input_bytes, first_step_ns, kernels, fit_ns) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      r.trial_id, r.start_ns, r.build_ns, r.compile_ns, r.input_ns, r.input_bytes, r.first_step_ns, r.kernels, r.fit_ns);
}

core::Result<void> Store::add(const trial::WarmStartRecord& r) {
  return Writer{*connection_, "add a warm start"}.insert(
      Durability::kSurvivesKill, "INSERT INTO warm_start (trial_id, start_ns, build_ns, compile_ns, input_ns, first_step_ns) VALUES (?, ?, ?, ?, ?, ?)",
      r.trial_id, r.start_ns, r.build_ns, r.compile_ns, r.input_ns, r.first_step_ns);
}

core::Result<void> Store::add(const trial::BlockRecord& r) {
  return Writer{*connection_, "add a block"}.insert(
      Durability::kSurvivesKill,
      "INSERT INTO block (trial_id, block_index, round, kind, started_wall_ns, first_step, steps, epoch, samples, elapsed_ns, times_ns, losses, correct, "
      "indices_crc, cpu_ns, rss_anon_bytes, rss_file_bytes, disturbed, disturbance) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      r.trial_id, r.index, r.round, word_of(kBlockWords, r.kind), r.started_wall_ns, r.first_step, r.steps, r.epoch, r.samples, r.elapsed_ns,
      Blob{encode_times(r.times_ns)}, Blob{encode_losses(r.losses)}, Blob{encode_counts(r.correct)}, int64_t{r.indices_crc}, r.cpu_ns, r.rss_anon_bytes,
      r.rss_file_bytes, int64_t{r.disturbed}, r.disturbance);
}

core::Result<void> Store::add(const trial::EvaluationRecord& r) {
  return Writer{*connection_, "add an evaluation"}.insert(
      Durability::kSurvivesKill, "INSERT INTO evaluation (trial_id, epoch, step, correct, count, loss, elapsed_ns) VALUES (?, ?, ?, ?, ?, ?, ?)", r.trial_id,
      r.epoch, r.step, r.correct, r.count, r.loss, r.elapsed_ns);
}

core::Result<void> Store::add(const trial::VerdictRecord& r) {
  return Writer{*connection_, "add a verdict"}.insert(Durability::kSurvivesPowerCut,
                                                      "INSERT INTO verdict (trial_id, verdict, summary, evidence) VALUES (?, ?, ?, ?)", r.trial_id, r.verdict,
                                                      r.summary, r.evidence);
}

core::Result<void> Store::add(const trial::OutcomeRecord& r) {
  const Writer writer{*connection_, "add an outcome"};
  auto added = writer.insert(
      Durability::kSurvivesPowerCut,
      "INSERT INTO outcome (trial_id, kind, message, log_tail, ended_wall_ns, peak_rss_bytes, peak_rss_anon_bytes, memory) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      r.trial_id, word_of(kOutcomeWords, r.kind), r.message, r.log_tail, r.ended_wall_ns, r.peak_rss_bytes, r.peak_rss_anon_bytes, r.memory);
  if (added) writer.checkpoint();
  return added;
}

core::Result<void> Store::add(const trial::ReadingRecord& r) {
  return Writer{*connection_, "add a reading"}.insert(Durability::kSurvivesKill,
                                                      "INSERT INTO reading (run_id, trial_id, kind, taken_wall_ns, figures) VALUES (?, NULLIF(?, ''), ?, ?, ?)",
                                                      r.run_id, r.trial_id, r.kind, r.taken_wall_ns, r.figures);
}

core::Result<void> Store::add(const trial::SkipRecord& r) {
  return Writer{*connection_, "add a skipped platform"}.insert(Durability::kSurvivesKill, "INSERT INTO skip (run_id, platform, reason) VALUES (?, ?, ?)",
                                                               r.run_id, r.platform, r.reason);
}

core::Result<void> Store::add(const trial::RunEndRecord& r) {
  const Writer writer{*connection_, "add the end of a run"};
  auto added = writer.insert(Durability::kSurvivesPowerCut,
                             "INSERT INTO run_end (run_id, ended_wall_ns, interrupted, total_ns, start_ns, warm_up_ns, blocks_ns, sentinel_ns, evaluation_ns, "
                             "proof_ns) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                             r.run_id, r.ended_wall_ns, int64_t{r.interrupted}, r.total_ns, r.start_ns, r.warm_up_ns, r.blocks_ns, r.sentinel_ns,
                             r.evaluation_ns, r.proof_ns);
  if (added) writer.checkpoint();
  return added;
}

core::Result<void> Store::abandon(const ResumePoint& point, int64_t wall_ns) {
  for (const trial::TrialRecord& trial : point.unfinished) {
    trial::OutcomeRecord outcome;
    outcome.trial_id = trial.id;
    outcome.kind = trial::OutcomeKind::kAbandoned;
    outcome.message = "The run was cut off during this trial; a resumed run started it again.";
    outcome.ended_wall_ns = wall_ns;
    if (auto added = add(outcome); !added) return added;
  }
  return {};
}

}  // namespace trainmark::store
