// Chrome's trace event format (the "JSON Array/Object Format" of "Trace Event Format", which Perfetto reads): complete events "X" with ts and dur
// in microseconds, counters "C", names of processes and threads as metadata "M".
//
// Times are those of the wall clock, from the start of the run on, so that it shows what ran when and what it waited for. Operations have no
// times of their own: where a platform was taken apart, one step of it is drawn at that moment, its parts one after the other in the order of their
// phases, as long as they are in truth.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "core/json.hpp"
#include "report/export.hpp"

namespace trainmark::report {
namespace {

using core::Json;

constexpr int64_t kOperationsThread = 1'000'000;  // after those of all repetitions

struct Writer {
  int64_t begin_ns = 0;  ///< wall clock at the start of the run
  Json events = Json::array();

  double us(int64_t wall_ns) const { return static_cast<double>(wall_ns - begin_ns) * 1e-3; }
  void name(const char* what, int64_t pid, int64_t tid, const std::string& text) {
    events.push_back({{"ph", "M"}, {"name", what}, {"pid", pid}, {"tid", tid}, {"args", {{"name", text}}}});
  }
  void span(const std::string& name, const std::string& category, int64_t pid, int64_t tid, double ts_us, double ns, Json args) {
    events.push_back(
        {{"ph", "X"}, {"name", name}, {"cat", category}, {"pid", pid}, {"tid", tid}, {"ts", ts_us}, {"dur", ns * 1e-3}, {"args", std::move(args)}});
  }
  void counter(const std::string& name, int64_t pid, double ts_us, Json values) {
    events.push_back({{"ph", "C"}, {"name", name}, {"pid", pid}, {"tid", 0}, {"ts", ts_us}, {"args", std::move(values)}});
  }
};

void write_block(Writer& out, const store::TrialData& t, const trial::BlockRecord& b, int64_t pid, int64_t tid) {
  const auto steps = static_cast<double>(std::max<int64_t>(1, b.steps));
  Json args = {{"steps", b.steps},
               {"first_step", b.first_step},
               {"samples", b.samples},
               {"step_us", static_cast<double>(b.elapsed_ns) / steps * 1e-3},
               {"disturbed", b.disturbed}};
  if (!b.losses.empty()) args["loss"] = std::isfinite(b.losses.back()) ? Json(b.losses.back()) : Json();
  const std::string kind(trial::block_kind_name(b.kind));
  out.span(fmt::format("{}, round {}", analysis::spaced(kind), b.round), kind, pid, tid, out.us(b.started_wall_ns), static_cast<double>(b.elapsed_ns),
           std::move(args));
  if (b.kind != trial::BlockKind::kTimed || b.elapsed_ns < 1) return;
  const double end_us = out.us(b.started_wall_ns + b.elapsed_ns);
  const std::string of = fmt::format(" of repetition {}", t.trial.repetition);
  out.counter("CPUs" + of, pid, out.us(b.started_wall_ns), {{"busy", static_cast<double>(b.cpu_ns) / static_cast<double>(b.elapsed_ns)}});
  out.counter("CPUs" + of, pid, end_us, {{"busy", 0}});
  out.counter("memory, MiB" + of, pid, end_us,
              {{"anonymous", static_cast<double>(b.rss_anon_bytes) / (1 << 20)}, {"mapped", static_cast<double>(b.rss_file_bytes) / (1 << 20)}});
}

void write_operations(Writer& out, const store::TrialData& t, int64_t pid) {
  const auto operations = analysis::operations_of({&t});
  const auto reading = std::find_if(t.readings.begin(), t.readings.end(), [](const auto& r) { return r.kind == trial::kOperationsReading; });
  if (!operations || !operations->reason.empty() || reading == t.readings.end()) return;
  const int64_t tid = kOperationsThread + t.trial.repetition;
  out.name("thread_name", pid, tid, "operations of a step");
  double at_us = out.us(reading->taken_wall_ns);
  out.span("step", "operations", pid, tid, at_us, operations->step.step_ns,
           {{"plain_us", operations->step.plain_ns * 1e-3}, {"rest_us", operations->step.rest_ns() * 1e-3}});
  for (const std::string& phase : worker::phase_words()) {
    for (const worker::OperationTime& part : operations->step.parts) {
      if (part.phase != phase) continue;
      const std::string name = part.layer.empty() ? analysis::spaced(part.operation) : fmt::format("{}: {}", part.layer, analysis::spaced(part.operation));
      out.span(name, phase, pid, tid, at_us, part.time_ns, {{"phase", phase}, {"calls", part.calls}});
      at_us += part.time_ns * 1e-3;
    }
  }
}

void write_trial(Writer& out, const store::TrialData& t, int64_t pid, int64_t tid) {
  for (const trial::BlockRecord& b : t.blocks) write_block(out, t, b, pid, tid);
  write_operations(out, t, pid);
  if (!t.outcome || t.outcome->ended_wall_ns <= t.trial.started_wall_ns) return;
  Json args = {{"outcome", std::string(trial::outcome_name(t.outcome->kind))}, {"verdict", t.verdict ? Json(t.verdict->verdict) : Json()}};
  out.span(fmt::format("repetition {}", t.trial.repetition), "trial", pid, tid, out.us(t.trial.started_wall_ns),
           static_cast<double>(t.outcome->ended_wall_ns - t.trial.started_wall_ns), std::move(args));
}

}  // namespace

std::string export_trace(const store::RunData& data, const analysis::Comparison& comparison) {
  Writer out{data.run.started_wall_ns};
  std::map<std::string, int64_t> processes;  // workload, threads and platform -> pid
  for (const analysis::WorkloadResult& result : comparison.workloads) {
    for (const store::TrialData& t : data.trials) {
      if (t.trial.workload_hash != result.hash || t.trial.threads != result.threads) continue;
      const std::string name = fmt::format("{} {}", t.trial.platform, export_name(result));
      const auto [known, is_new] = processes.emplace(name, static_cast<int64_t>(processes.size()) + 1);
      if (is_new) out.name("process_name", known->second, 0, name);
      out.name("thread_name", known->second, t.trial.repetition + 1, fmt::format("repetition {}", t.trial.repetition));
      write_trial(out, t, known->second, t.trial.repetition + 1);
    }
  }
  return Json{{"traceEvents", out.events},
              {"displayTimeUnit", "ms"},
              {"otherData", {{"run", data.run.id}, {"study", data.run.study}, {"trainmark", data.run.version}}}}
             .dump(1, ' ', true, Json::error_handler_t::replace) +
         "\n";
}

}  // namespace trainmark::report
