// From records to figures. Trials are grouped by workload, threads and platform; times are laid out as one vector per
// repetition with one entry per round, so that ratios pair what ran side by side.
#include <algorithm>
#include <cmath>
#include <map>

#include "analysis/comparison.hpp"
#include "plan/passes.hpp"

namespace trainmark::analysis {
namespace {

using Times = std::vector<std::vector<double>>;  // [repetition][round], ns a step; NaN: none
using Trials = std::vector<const store::TrialData*>;

bool finished(const store::TrialData& t) { return t.outcome && t.outcome->kind == trial::OutcomeKind::kFinished; }
bool abandoned(const store::TrialData& t) { return !t.outcome || t.outcome->kind == trial::OutcomeKind::kAbandoned; }

// Times of timed blocks by repetition and round; disturbed rounds are left out unless asked for.
Times step_times(const Trials& trials, bool with_disturbed) {
  Times times;
  for (const store::TrialData* t : trials) {
    if (!finished(*t)) continue;
    const auto repetition = static_cast<size_t>(t->trial.repetition);
    if (times.size() <= repetition) times.resize(repetition + 1);
    for (const trial::BlockRecord& b : t->blocks) {
      if (b.kind != trial::BlockKind::kTimed || b.steps < 1 || (b.disturbed && !with_disturbed)) continue;
      auto& rounds = times[repetition];
      const auto round = static_cast<size_t>(b.round);
      if (rounds.size() <= round) rounds.resize(round + 1, std::nan(""));
      rounds[round] = static_cast<double>(b.elapsed_ns) / static_cast<double>(b.steps);
    }
  }
  return times;
}

// The times that headlines use: undisturbed rounds, or all where nothing else is left.
Times headline_times(const Trials& trials) {
  Times times = step_times(trials, false);
  return std::isnan(statistics::median_of_processes(times)) ? step_times(trials, true) : times;
}

std::vector<double> flat(const Times& times) {
  std::vector<double> all;
  for (const auto& rounds : times) {
    for (const double t : rounds) {
      if (!std::isnan(t)) all.push_back(t);
    }
  }
  return all;
}

std::optional<double> median_of(std::vector<double> values) {
  if (values.empty()) return std::nullopt;
  return statistics::median(values);
}

void set_times(PlatformResult& r, const Trials& trials, const workload::Workload& w, int64_t flops) {
  const Times times = headline_times(trials);
  r.step_ns = statistics::summarise(flat(times));
  r.step_interval = statistics::bootstrap_median(times);
  int64_t cpu_ns = 0, elapsed_ns = 0;
  for (const store::TrialData* t : trials) {
    for (const trial::BlockRecord& b : t->blocks) {
      if (!finished(*t) || b.kind != trial::BlockKind::kTimed) continue;
      ++r.blocks;
      r.disturbed_blocks += b.disturbed ? 1 : 0;
      cpu_ns += b.cpu_ns;
      elapsed_ns += b.elapsed_ns * t->trial.threads;
    }
  }
  if (r.step_ns.n == 0) return;
  if (r.disturbed_blocks > 0) r.step_ns_with_disturbed = statistics::median_of_processes(step_times(trials, true));
  if (elapsed_ns > 0) r.utilisation = static_cast<double>(cpu_ns) / static_cast<double>(elapsed_ns);
  const double step_s = r.step_ns.median * 1e-9;
  const auto epoch_steps = static_cast<double>(workload::steps_per_epoch(w));
  double epoch_samples = 0;
  for (int64_t s = 0; s < workload::steps_per_epoch(w); ++s) epoch_samples += static_cast<double>(workload::batch_of_step(w, s));
  const double distinct = std::min(epoch_samples, static_cast<double>(w.dataset.train_count));
  r.epoch_s = step_s * epoch_steps;
  r.samples_per_s = epoch_samples / *r.epoch_s;
  r.distinct_samples_per_s = distinct / *r.epoch_s;
  r.gflops = static_cast<double>(flops) / r.step_ns.median;
}

void set_preparation(PlatformResult& r, const Trials& trials) {
  std::vector<double> start, build, compile, input, first;
  for (const store::TrialData* t : trials) {
    if (!t->preparation) continue;
    start.push_back(static_cast<double>(t->preparation->start_ns));
    build.push_back(static_cast<double>(t->preparation->build_ns));
    compile.push_back(static_cast<double>(t->preparation->compile_ns));
    input.push_back(static_cast<double>(t->preparation->input_ns));
    first.push_back(static_cast<double>(t->preparation->first_step_ns));
  }
  r.start_ns = median_of(start);
  r.build_ns = median_of(build);
  r.compile_ns = median_of(compile);
  r.input_ns = median_of(input);
  r.first_step_ns = median_of(first);
}

void set_accuracy(PlatformResult& r, const Trials& trials) {
  double last = 0, best = 0, loss = 0;
  int64_t count = 0;
  for (const store::TrialData* t : trials) {
    if (!finished(*t) || t->evaluations.empty()) continue;
    double top = 0;
    for (const trial::EvaluationRecord& e : t->evaluations) top = std::max(top, static_cast<double>(e.correct) / static_cast<double>(e.count));
    const trial::EvaluationRecord& e = t->evaluations.back();
    last += static_cast<double>(e.correct) / static_cast<double>(e.count);
    loss += e.loss;
    best += top;
    ++count;
  }
  if (count == 0) return;
  r.final_accuracy = last / static_cast<double>(count);
  r.best_accuracy = best / static_cast<double>(count);
  r.final_loss = loss / static_cast<double>(count);
}

void set_state(PlatformResult& r, const Trials& trials) {
  r.outcome = "finished";
  r.verdict = trials.empty() ? "unchecked" : "verified";
  for (const store::TrialData* t : trials) {
    ++r.trials;
    r.processes += finished(*t) ? 1 : 0;
    r.share = t->trial.share;
    r.steps = t->trial.planned_steps;
    if (t->outcome && !finished(*t) && r.outcome == "finished") {
      r.outcome = trial::outcome_name(t->outcome->kind);
      r.outcome_reason = t->outcome->message;
    }
    const std::string verdict = t->verdict ? t->verdict->verdict : "unchecked";
    if (verdict == "failed" || (verdict == "unchecked" && r.verdict == "verified")) r.verdict = verdict;
    if (t->verdict && t->verdict->verdict == r.verdict) r.verdict_reason = t->verdict->summary;
    if (t->outcome && t->outcome->peak_rss_bytes > 0) r.peak_rss_bytes = std::max(r.peak_rss_bytes.value_or(0), t->outcome->peak_rss_bytes);
    if (t->outcome && t->outcome->peak_rss_anon_bytes > 0) r.peak_rss_anon_bytes = std::max(r.peak_rss_anon_bytes.value_or(0), t->outcome->peak_rss_anon_bytes);
  }
}

// Ratios to the baseline, with intervals also widened for the number of platforms compared.
void set_ratios(WorkloadResult& result, const std::map<std::string, Trials>& trials) {
  const Times base = headline_times(trials.at(result.baseline));
  const double others = std::max(1.0, static_cast<double>(result.platforms.size()) - 1);
  statistics::BootstrapOptions widened;
  widened.confidence = 1 - 0.05 / others;
  for (PlatformResult& r : result.platforms) {
    if (r.platform == result.baseline || r.step_ns.n == 0) continue;
    const Times own = headline_times(trials.at(r.platform));
    r.ratio = Ratio{statistics::median_of_processes(own) / statistics::median_of_processes(base), statistics::bootstrap_ratio(own, base),
                    statistics::bootstrap_ratio(own, base, widened)};
  }
}

// Verified platforms with a time by speed, then the rest by name.
void rank(std::vector<PlatformResult>& platforms) {
  const auto ranked = [](const PlatformResult& r) { return r.verdict == "verified" && r.step_ns.n > 0; };
  std::stable_sort(platforms.begin(), platforms.end(), [&](const PlatformResult& a, const PlatformResult& b) {
    if (ranked(a) != ranked(b)) return ranked(a);
    return ranked(a) ? a.step_ns.median < b.step_ns.median : a.platform < b.platform;
  });
  int next = 1;
  for (PlatformResult& r : platforms) r.rank = ranked(r) ? next++ : 0;
}

int64_t counted_flops(const workload::Workload& w) {
  const plan::Plan plan = plan::training_plan(w.network, workload::batch_of_step(w, 0), w.recipe.optimiser);
  int64_t flops = 0;
  for (const plan::Op& op : plan.ops) flops += op.cost.flops;
  return flops;
}

WorkloadResult compare_group(const workload::Workload& workload, const std::string& hash, int threads, const std::map<std::string, Trials>& trials,
                             const std::string& baseline) {
  WorkloadResult result;
  result.hash = hash;
  result.workload = workload;
  result.threads = threads;
  result.flops_per_step = counted_flops(workload);
  for (const auto& [platform, own] : trials) {
    PlatformResult r;
    r.platform = platform;
    set_state(r, own);
    set_times(r, own, workload, result.flops_per_step);
    set_preparation(r, own);
    set_accuracy(r, own);
    result.platforms.push_back(std::move(r));
  }
  rank(result.platforms);
  const auto base =
      std::find_if(result.platforms.begin(), result.platforms.end(), [&](const PlatformResult& r) { return r.platform == baseline && r.step_ns.n > 0; });
  if (base != result.platforms.end()) {
    result.baseline = baseline;
    set_ratios(result, trials);
  }
  result.sentences = sentences(result);
  return result;
}

}  // namespace

core::Result<Comparison> compare(const store::RunData& data) {
  Comparison comparison;
  comparison.run = data.run;
  comparison.skips = data.skips;
  if (!data.ends.empty()) comparison.end = data.ends.back();
  for (const trial::WorkloadRecord& record : data.workloads) {
    auto workload = workload::from_json(record.json);
    if (!workload) return workload.error();
    std::map<int, std::map<std::string, Trials>> groups;  // threads -> platform -> trials
    for (const store::TrialData& t : data.trials) {
      if (t.trial.workload_hash == record.hash && !abandoned(t)) groups[t.trial.threads][t.trial.platform].push_back(&t);
    }
    for (const auto& [threads, platforms] : groups)
      comparison.workloads.push_back(compare_group(*workload, record.hash, threads, platforms, data.run.baseline));
  }
  return comparison;
}

}  // namespace trainmark::analysis
