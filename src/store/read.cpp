// Reading back: rows become records again, and the records of a run find their trials.
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>
#include <fmt/format.h>

#include <bit>
#include <limits>
#include <map>

#include "store/blob.hpp"
#include "store/connection.hpp"
#include "store/errors.hpp"
#include "store/words.hpp"

namespace trainmark::store {
namespace {

// Reads the columns of the current row from left to right.
struct Row {
  SQLite::Statement& statement;
  int column = 0;

  int64_t integer() { return statement.getColumn(column++).getInt64(); }
  std::optional<int64_t> optional_integer() {
    const SQLite::Column value = statement.getColumn(column++);
    return value.isNull() ? std::nullopt : std::optional(value.getInt64());
  }
  bool flag() { return integer() != 0; }
  double real() {
    const SQLite::Column value = statement.getColumn(column++);
    return value.isNull() ? std::numeric_limits<double>::quiet_NaN() : value.getDouble();
  }
  std::string text() { return statement.getColumn(column++).getString(); }
  core::Json json() {
    auto value = core::parse_json(text(), "A JSON column");
    if (!value) throw DamagedRow(value.error().message + ".");
    return *std::move(value);
  }
  template <class T>
  std::vector<T> blob(core::Result<std::vector<T>> (*decode)(std::string_view)) {
    const SQLite::Column value = statement.getColumn(column++);
    auto decoded = decode({static_cast<const char*>(value.getBlob()), static_cast<size_t>(value.getBytes())});
    if (!decoded) throw DamagedRow(decoded.error().message);
    return *std::move(decoded);
  }
  template <class Kind, size_t n>
  Kind word(const Words<Kind, n>& words) {
    const std::string found = text();
    const auto kind = kind_of(words, found);
    if (!kind) throw DamagedRow(fmt::format("'{}' is no word of this schema.", found));
    return *kind;
  }
};

constexpr std::string_view kRunColumns = "id, study, study_hash, study_json, baseline, command_line, version, started_wall_ns, environment";
constexpr std::string_view kTrialColumns =
    "trial.id, run_id, key, workload_hash, platform, threads, repetition, seed, share, planned_steps, started_wall_ns, hello";

trial::RunRecord read_run(Row row) { return {row.text(), row.text(), row.text(), row.json(), row.text(), row.text(), row.text(), row.integer(), row.json()}; }

trial::TrialRecord read_trial(Row row) {
  trial::TrialRecord trial;
  trial.id = row.text();
  trial.run_id = row.text();
  trial.key = row.text();
  trial.workload_hash = row.text();
  trial.platform = row.text();
  trial.threads = static_cast<int>(row.integer());
  trial.repetition = row.integer();
  trial.seed = std::bit_cast<uint64_t>(row.integer());
  trial.share = row.real();
  trial.planned_steps = row.integer();
  trial.started_wall_ns = row.integer();
  trial.hello = row.json();
  return trial;
}

trial::PreparationRecord read_preparation(Row row) {
  return {row.text(), row.integer(), row.integer(), row.integer(), row.integer(), row.integer(), row.integer(), row.json(), row.optional_integer()};
}

trial::WarmStartRecord read_warm_start(Row row) { return {row.text(), row.integer(), row.integer(), row.integer(), row.integer(), row.integer()}; }

trial::BlockRecord read_block(Row row) {
  trial::BlockRecord block;
  block.trial_id = row.text();
  block.index = row.integer();
  block.round = row.integer();
  block.kind = row.word(kBlockWords);
  block.started_wall_ns = row.integer();
  block.first_step = row.integer();
  block.steps = row.integer();
  block.epoch = row.integer();
  block.samples = row.integer();
  block.elapsed_ns = row.integer();
  block.times_ns = row.blob(decode_times);
  block.losses = row.blob(decode_losses);
  block.correct = row.blob(decode_counts);
  block.indices_crc = static_cast<uint32_t>(row.integer());
  block.cpu_ns = row.integer();
  block.rss_anon_bytes = row.integer();
  block.rss_file_bytes = row.integer();
  block.disturbed = row.flag();
  block.disturbance = row.json();
  return block;
}

trial::EvaluationRecord read_evaluation(Row row) { return {row.text(), row.integer(), row.integer(), row.integer(), row.integer(), row.real(), row.integer()}; }

trial::VerdictRecord read_verdict(Row row) { return {row.text(), row.text(), row.text(), row.json()}; }

trial::OutcomeRecord read_outcome(Row row) {
  return {row.text(), row.word(kOutcomeWords), row.text(), row.text(), row.integer(), row.integer(), row.integer(), row.json()};
}

trial::ReadingRecord read_reading(Row row) { return {row.text(), row.text(), row.text(), row.integer(), row.json()}; }

trial::RunEndRecord read_end(Row row) {
  return {row.text(), row.integer(), row.flag(), row.integer(), row.integer(), row.integer(), row.integer(), row.integer(), row.integer(), row.integer()};
}

// Calls `take` with every row of the statement.
template <class Take>
void for_each_row(const SQLite::Database& database, const std::string& sql, std::string_view parameter, Take&& take) {
  SQLite::Statement statement(database, sql);
  if (!parameter.empty()) statement.bind(1, std::string(parameter));
  while (statement.executeStep()) take(Row{statement});
}

// Rows of a table that belong to trials of the run, in the order of writing.
std::string of_trials(std::string_view columns, std::string_view table) {
  return fmt::format("SELECT {0} FROM {1} JOIN trial ON trial.id = {1}.trial_id WHERE trial.run_id = ? ORDER BY {1}.rowid", columns, table);
}

// A file of an older schema that is only read is not migrated.
bool has_table(const SQLite::Database& database, const std::string& name) {
  SQLite::Statement found(database, "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?");
  found.bind(1, name);
  return found.executeStep();
}

void load_trials(const SQLite::Database& database, RunData& data) {
  const std::string& id = data.run.id;
  std::map<std::string, size_t> position;
  for_each_row(database, fmt::format("SELECT {} FROM trial WHERE run_id = ? ORDER BY number", kTrialColumns), id, [&](Row row) {
    TrialData trial;
    trial.trial = read_trial(row);
    position[trial.trial.id] = data.trials.size();
    data.trials.push_back(std::move(trial));
  });
  const auto of = [&](const std::string& trial_id) -> TrialData& {
    const auto found = position.find(trial_id);
    if (found == position.end()) throw DamagedRow("a record belongs to a trial that the run does not list.");  // indices that disagree with their table
    return data.trials[found->second];
  };
  // A file of version 1 that is only read has not been migrated.
  int64_t version = 0;
  for_each_row(database, "PRAGMA user_version", "", [&](Row row) { version = row.integer(); });
  const std::string preparation =
      fmt::format("trial_id, start_ns, build_ns, compile_ns, input_ns, input_bytes, first_step_ns, kernels, {}", version >= 2 ? "fit_ns" : "NULL");
  for_each_row(database, of_trials(preparation, "preparation"), id, [&](Row row) {
    auto r = read_preparation(row);
    of(r.trial_id).preparation = r;
  });
  if (has_table(database, "warm_start")) {
    for_each_row(database, of_trials("trial_id, start_ns, build_ns, compile_ns, input_ns, first_step_ns", "warm_start"), id, [&](Row row) {
      auto r = read_warm_start(row);
      of(r.trial_id).warm_start = r;
    });
  }
  for_each_row(database,
               of_trials("trial_id, block_index, round, kind, block.started_wall_ns, first_step, steps, epoch, samples, elapsed_ns, times_ns, losses, correct, "
                         "indices_crc, cpu_ns, rss_anon_bytes, rss_file_bytes, disturbed, disturbance",
                         "block"),
               id, [&](Row row) {
                 auto r = read_block(row);
                 of(r.trial_id).blocks.push_back(std::move(r));
               });
  for_each_row(database, of_trials("trial_id, epoch, step, correct, count, loss, elapsed_ns", "evaluation"), id, [&](Row row) {
    auto r = read_evaluation(row);
    of(r.trial_id).evaluations.push_back(r);
  });
  for_each_row(database, of_trials("trial_id, verdict, summary, evidence", "verdict"), id, [&](Row row) {
    auto r = read_verdict(row);
    of(r.trial_id).verdict = r;
  });
  for_each_row(database, of_trials("trial_id, kind, message, log_tail, ended_wall_ns, peak_rss_bytes, peak_rss_anon_bytes, memory", "outcome"), id,
               [&](Row row) {
                 auto r = read_outcome(row);
                 of(r.trial_id).outcome = r;
               });
  if (!has_table(database, "reading")) return;
  for_each_row(database, "SELECT run_id, COALESCE(trial_id, ''), kind, taken_wall_ns, figures FROM reading WHERE run_id = ? ORDER BY number", id, [&](Row row) {
    auto r = read_reading(row);
    (r.trial_id.empty() ? data.readings : of(r.trial_id).readings).push_back(std::move(r));
  });
}

void load_rest(const SQLite::Database& database, RunData& data) {
  const std::string& id = data.run.id;
  for_each_row(database,
               "SELECT hash, network, dataset, synthetic, json FROM workload JOIN (SELECT workload_hash, min(number) AS first FROM trial WHERE run_id = ? "
               "GROUP BY workload_hash) ON hash = workload_hash ORDER BY first",
               id, [&](Row row) {
                 data.workloads.push_back({row.text(), row.text(), row.text(), row.flag(), row.json()});
               });
  for_each_row(database,
               "SELECT run_id, platform, reason FROM skip WHERE number IN (SELECT max(number) FROM skip WHERE run_id = ? GROUP BY platform) ORDER BY number",
               id, [&](Row row) {
                 data.skips.push_back({row.text(), row.text(), row.text()});
               });
  for_each_row(database,
               "SELECT run_id, ended_wall_ns, interrupted, total_ns, start_ns, warm_up_ns, blocks_ns, sentinel_ns, evaluation_ns, proof_ns FROM run_end WHERE "
               "run_id = ? ORDER BY number",
               id, [&](Row row) { data.ends.push_back(read_end(row)); });
}

// The one run whose id begins with `id`, or the latest.
core::Result<trial::RunRecord> find_run(const SQLite::Database& database, const std::filesystem::path& path, std::string_view id) {
  std::vector<trial::RunRecord> found;
  const std::string_view condition = id.empty() ? "ORDER BY started_wall_ns DESC, number DESC LIMIT 1" : "WHERE substr(id, 1, length(?1)) = ?1";
  for_each_row(database, fmt::format("SELECT {} FROM run {}", kRunColumns, condition), id, [&](Row row) { found.push_back(read_run(row)); });
  if (found.size() == 1) return std::move(found.front());
  if (id.empty()) return core::usage_error(fmt::format("The store '{}' holds no run yet; 'trainmark run' makes one.", path.string()));
  if (found.empty()) return core::usage_error(fmt::format("The store '{}' holds no run '{}'; 'trainmark list runs' shows those it has.", path.string(), id));
  return core::usage_error(fmt::format("'{}' begins the names of {} runs of the store '{}'; give more of its digits.", id, found.size(), path.string()));
}

}  // namespace

core::Result<std::vector<trial::RunRecord>> Store::runs() const {
  using Runs = std::vector<trial::RunRecord>;
  return guarded<Runs>(connection_->path, "list its runs", [&]() -> core::Result<Runs> {
    Runs runs;
    for_each_row(connection_->database, fmt::format("SELECT {} FROM run ORDER BY started_wall_ns, number", kRunColumns), "",
                 [&](Row row) { runs.push_back(read_run(row)); });
    return runs;
  });
}

core::Result<RunData> Store::load_run(std::string_view id) const {
  return guarded<RunData>(connection_->path, "read a run", [&]() -> core::Result<RunData> {
    SQLite::Database& database = connection_->database;
    const SQLite::Transaction snapshot(database);  // what another process adds meanwhile is not seen in part; rolled back
    auto run = find_run(database, connection_->path, id);
    if (!run) return run.error();
    RunData data;
    data.run = *std::move(run);
    load_trials(database, data);
    load_rest(database, data);
    return data;
  });
}

core::Result<std::optional<ResumePoint>> Store::find_unfinished(std::string_view study_hash) const {
  using Found = std::optional<ResumePoint>;
  return guarded<Found>(connection_->path, "look for a run to resume", [&]() -> core::Result<Found> {
    SQLite::Database& database = connection_->database;
    const SQLite::Transaction snapshot(database);
    Found found;
    for_each_row(database, fmt::format("SELECT {} FROM run WHERE study_hash = ? ORDER BY started_wall_ns DESC, number DESC LIMIT 1", kRunColumns), study_hash,
                 [&](Row row) {
                   found = ResumePoint{read_run(row), {}, {}, false};
                 });
    if (!found) return found;
    for_each_row(database,
                 fmt::format("SELECT {}, kind FROM trial LEFT JOIN outcome ON outcome.trial_id = trial.id WHERE run_id = ? ORDER BY number", kTrialColumns),
                 found->run.id, [&](Row row) {
                   trial::TrialRecord trial = read_trial(row);
                   Row outcome{row.statement, 12};  // the column after read_trial's
                   if (row.statement.getColumn(12).isNull()) {
                     found->unfinished.push_back(std::move(trial));
                   } else if (!trial::runs_again(outcome.word(kOutcomeWords))) {
                     found->finished_keys.insert(trial.key);
                   }
                 });
    for_each_row(database, "SELECT interrupted FROM run_end WHERE run_id = ? ORDER BY number DESC LIMIT 1", found->run.id,
                 [&](Row row) { found->complete = !row.flag(); });
    return found;
  });
}

}  // namespace trainmark::store
