// The lines of MLPerf's logging (mlperf_logging): ":::MLLOG " and a JSON object with namespace, time_ms, event_type, key, value and metadata,
// in the order that its compliance checker's common rules ask for. One trial is one result of MLPerf, so one file of it.
//
// A block of MLPerf is what lies between two evaluations. Times are the wall clock of our blocks; an evaluation has no time of its own and stands
// at the end of the block before it. Networks here are none of MLPerf's benchmarks: submission_benchmark has our name, the division is open.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/json.hpp"
#include "report/export.hpp"

namespace trainmark::report {
namespace {

using core::Json;

class Log {
 public:
  explicit Log(Json metadata) : metadata_(std::move(metadata)) {}
  /// Times never go back: a reader takes the order of lines for the order of events.
  void at(int64_t wall_ns) { time_ns_ = std::max(time_ns_, wall_ns); }
  void line(const char* event_type, const char* key, Json value, const Json& more = Json::object()) {
    Json metadata = metadata_;
    metadata.update(more);
    const Json object = {{"namespace", ""}, {"time_ms", time_ns_ / 1'000'000}, {"event_type", event_type},
                         {"key", key},      {"value", std::move(value)},       {"metadata", metadata}};
    text_ += ":::MLLOG " + object.dump(-1, ' ', true, Json::error_handler_t::replace) + "\n";
  }
  void point(const char* key, Json value, const Json& more = Json::object()) { line("POINT_IN_TIME", key, std::move(value), more); }
  const std::string& text() const { return text_; }

 private:
  Json metadata_;
  int64_t time_ns_ = 0;
  std::string text_;
};

bool counted(const trial::BlockRecord& b) { return b.kind != trial::BlockKind::kWarmUp; }

void write_header(Log& log, const store::RunData& data, const store::TrialData& t, const workload::Workload& w) {
  const auto& optimiser = w.recipe.optimiser;
  log.point("cache_clear", true);
  log.line("INTERVAL_START", "init_start", nullptr);
  log.point("submission_org", "trainmark");
  log.point("submission_division", "open");
  log.point("submission_status", "onprem");
  log.point("submission_platform", t.trial.platform);
  log.point("submission_benchmark", w.network.name);
  log.point("seed", t.trial.seed);
  log.point("global_batch_size", workload::batch_of_step(w, 0));
  log.point("gradient_accumulation_steps", w.recipe.passes);
  log.point("train_samples", w.dataset.train_count);
  log.point("eval_samples", workload::evaluation_count(w));
  log.point("opt_name", std::string(plan::optimiser_name(optimiser.kind)));
  log.point("opt_base_learning_rate", optimiser.learning_rate);
  log.point("opt_weight_decay", optimiser.weight_decay);
  log.point("trainmark_run", data.run.id);
}

}  // namespace

std::string export_mllog(const store::RunData& data, const store::TrialData& t) {
  const auto record = std::find_if(data.workloads.begin(), data.workloads.end(), [&](const auto& w) { return w.hash == t.trial.workload_hash; });
  if (record == data.workloads.end()) return "";
  const auto workload = workload::from_json(record->json);
  if (!workload || workload->neighbours) return "";  // a search trains nothing
  Log log({{"file", "trainmark"}, {"lineno", 0}, {"platform", t.trial.platform}, {"repetition", t.trial.repetition}, {"threads", t.trial.threads}});
  log.at(t.trial.started_wall_ns);
  write_header(log, data, t, *workload);
  const auto first = std::find_if(t.blocks.begin(), t.blocks.end(), counted);
  if (first == t.blocks.end()) return log.text();
  log.at(first->started_wall_ns);
  log.line("INTERVAL_END", "init_stop", nullptr);
  log.line("INTERVAL_START", "run_start", nullptr);
  const int64_t epoch_steps = std::max<int64_t>(1, workload::steps_per_epoch(*workload));
  int64_t from_step = 0;
  bool open = false;
  Json place;
  auto evaluation = t.evaluations.begin();
  for (auto block = first; block != t.blocks.end(); ++block) {
    if (!counted(*block)) continue;
    const int64_t end_step = block->first_step + block->steps;
    if (!open) {
      log.at(block->started_wall_ns);
      const int64_t until = evaluation != t.evaluations.end() ? evaluation->step : t.trial.planned_steps;
      place = {{"first_epoch_num", from_step / epoch_steps + 1}, {"epoch_count", std::max<int64_t>(1, (until - from_step + epoch_steps - 1) / epoch_steps)}};
      log.line("INTERVAL_START", "block_start", nullptr, place);
      open = true;
    }
    log.at(block->started_wall_ns + block->elapsed_ns);
    if (evaluation == t.evaluations.end() || end_step < evaluation->step) continue;
    const Json epoch = {{"epoch_num", evaluation->epoch}};
    log.line("INTERVAL_END", "block_stop", nullptr, place);
    log.line("INTERVAL_START", "eval_start", nullptr, epoch);
    if (evaluation->count > 0) log.point("eval_accuracy", static_cast<double>(evaluation->correct) / static_cast<double>(evaluation->count), epoch);
    if (std::isfinite(evaluation->loss)) log.point("eval_loss", evaluation->loss, epoch);
    log.line("INTERVAL_END", "eval_stop", nullptr, epoch);
    from_step = end_step;
    open = false;
    ++evaluation;
  }
  if (open) log.line("INTERVAL_END", "block_stop", nullptr, place);
  const bool whole = analysis::finished(t) && !(t.verdict && t.verdict->verdict == "failed");
  log.line("INTERVAL_END", "run_stop", nullptr, {{"status", whole ? "success" : "aborted"}, {"verdict", t.verdict ? Json(t.verdict->verdict) : Json()}});
  return log.text();
}

std::string export_mllog(const store::RunData& data) {
  std::string text;
  for (const store::TrialData& t : data.trials) text += export_mllog(data, t);
  return text;
}

}  // namespace trainmark::report
