// From records to figures. Trials are grouped by workload, threads and platform.
#include <algorithm>
#include <cmath>
#include <map>

#include "analysis/comparison.hpp"
#include "analysis/environment_warnings.hpp"
#include "analysis/ratios.hpp"
#include "analysis/study_workloads.hpp"
#include "analysis/times.hpp"
#include "plan/passes.hpp"
#include "statistics/estimate.hpp"

namespace trainmark::analysis {
namespace {

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
  r.step_interval = statistics::median_interval(times);
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
  const double distinct = std::min(epoch_samples, static_cast<double>(workload::epoch_count(w)));
  r.epoch_s = step_s * epoch_steps;
  r.samples_per_s = epoch_samples / *r.epoch_s;
  r.distinct_samples_per_s = distinct / *r.epoch_s;
  r.gflops = static_cast<double>(flops) / r.step_ns.median;
}

// Of a PreparationRecord or a WarmStartRecord.
template <class Record>
StartUp start_up_of(const Record& r) {
  return {static_cast<double>(r.start_ns), static_cast<double>(r.build_ns), static_cast<double>(r.compile_ns), static_cast<double>(r.input_ns),
          static_cast<double>(r.first_step_ns)};
}

void set_preparation(PlatformResult& r, const Trials& trials) {
  std::vector<double> start, build, compile, input, first, total, fit;
  for (const store::TrialData* t : trials) {
    if (t->warm_start) r.warm = start_up_of(*t->warm_start);
    if (!t->preparation) continue;
    total.push_back(start_up_of(*t->preparation).total_ns());
    start.push_back(static_cast<double>(t->preparation->start_ns));
    build.push_back(static_cast<double>(t->preparation->build_ns));
    compile.push_back(static_cast<double>(t->preparation->compile_ns));
    input.push_back(static_cast<double>(t->preparation->input_ns));
    first.push_back(static_cast<double>(t->preparation->first_step_ns));
    if (t->preparation->fit_ns) fit.push_back(static_cast<double>(*t->preparation->fit_ns));
  }
  r.start_ns = median_of(start);
  r.build_ns = median_of(build);
  r.compile_ns = median_of(compile);
  r.input_ns = median_of(input);
  r.first_step_ns = median_of(first);
  r.to_first_step_ns = median_of(total);
  r.fit_ns = median_of(fit);
}

int64_t counted_flops(const workload::Workload& w) {
  if (w.neighbours) {  // in double first: a stored workload may hold any numbers
    const double pairs = static_cast<double>(workload::batch_of_step(w, 0)) * static_cast<double>(w.dataset.train_count);
    return static_cast<int64_t>(std::min(9e18, 2 * pairs * static_cast<double>(w.network.input.size())));
  }
  const plan::Plan plan = plan::training_plan(w.network, workload::batch_of_step(w, 0), w.recipe.optimiser);
  int64_t flops = 0;
  for (const plan::Op& op : plan.ops) flops += op.cost.flops;
  return flops;
}

WorkloadResult compare_group(const workload::Workload& workload, const std::string& hash, int threads, const std::map<std::string, Trials>& trials,
                             const std::string& baseline, const std::optional<double>& target, const std::optional<ceilings::Ceilings>& ceilings,
                             const std::string& dtype) {
  WorkloadResult result;
  result.hash = hash;
  result.workload = workload;
  result.threads = threads;
  if (!workload.neighbours) result.target_accuracy = target;  // which is on the way of a training
  result.flops_per_step = counted_flops(workload);
  for (const auto& [platform, own] : trials) {
    PlatformResult r;
    r.platform = platform;
    set_state(r, own);
    set_times(r, own, workload, result.flops_per_step);
    set_preparation(r, own);
    r.operations = operations_of(own);
    set_thread_use(r, own);
    set_changes(r, own);
    set_accuracy(r, own, workload, result.target_accuracy);
    set_memory(r, own);
    result.platforms.push_back(std::move(r));
  }
  if (ceilings) hold_against(result, trials, *ceilings, dtype);
  set_ranks(result.platforms);
  const auto base =
      std::find_if(result.platforms.begin(), result.platforms.end(), [&](const PlatformResult& r) { return r.platform == baseline && r.step_ns.n > 0; });
  if (base != result.platforms.end()) result.baseline = baseline;
  set_claims(result, trials);
  set_accuracy_comparisons(result, trials);
  result.sentences = sentences(result);
  return result;
}

void add_blas_warnings(const std::map<std::string, Trials>& trials, const core::Json& environment, std::vector<std::string>& out) {
  const core::Json flags = environment.value(core::Json::json_pointer("/cpu/flags"), core::Json());
  for (const auto& [platform, own] : trials) {
    if (const std::string warning = blas_warning(platform, own.front()->trial.hello, flags); !warning.empty()) out.push_back(warning);
  }
}

// What holds for several workloads is said once.
void add_new(std::vector<std::string>& known, const std::vector<std::string>& sentences) {
  for (const std::string& sentence : sentences) {
    if (std::find(known.begin(), known.end(), sentence) == known.end()) known.push_back(sentence);
  }
}

// The energy of the platforms of the last workload.
void add_energy(Comparison& comparison, const std::map<std::string, Trials>& trials, const EnergyMachine& machine) {
  WorkloadResult& result = comparison.workloads.back();
  for (PlatformResult& r : result.platforms) set_energy(r, trials.at(r.platform), result.workload, machine);
  add_new(comparison.energy_notes, energy_sentences(result.platforms));
}

// The accuracy that was asked for with the run, as `trainmark run` stores it; runs from before may not have it.
std::optional<double> target_of(const trial::RunRecord& run) {
  const auto target = core::get_or<double>(run.study_json, "target_accuracy", 0, "the request of the run");
  if (!target || *target <= 0 || *target > 1) return std::nullopt;
  return *target;
}

// A resumed run has an end for each execution: where all of its time went is their sum.
std::optional<trial::RunEndRecord> all_ends(const std::vector<trial::RunEndRecord>& ends) {
  if (ends.empty()) return std::nullopt;
  trial::RunEndRecord sum = ends.back();
  for (auto e = ends.begin(); e + 1 != ends.end(); ++e) {
    sum.total_ns += e->total_ns;
    sum.start_ns += e->start_ns;
    sum.warm_up_ns += e->warm_up_ns;
    sum.blocks_ns += e->blocks_ns;
    sum.sentinel_ns += e->sentinel_ns;
    sum.evaluation_ns += e->evaluation_ns;
    sum.proof_ns += e->proof_ns;
  }
  return sum;
}

}  // namespace

core::Result<Comparison> compare(const store::RunData& data) {
  Comparison comparison;
  comparison.run = data.run;
  comparison.skips = data.skips;
  comparison.target_accuracy = target_of(data.run);
  comparison.end = all_ends(data.ends);
  comparison.executions = static_cast<int64_t>(data.ends.size());
  comparison.ceilings = ceilings_of(data);
  const auto dtype = core::get_or<std::string>(data.run.study_json, "dtype", "float32", "the request of the run");
  const EnergyMachine machine = energy_machine(data.readings);
  for (const trial::WorkloadRecord& record : data.workloads) {
    auto workload = workload::from_json(record.json);
    if (!workload) return workload.error();
    std::map<int, std::map<std::string, Trials>> groups;  // threads -> platform -> trials
    for (const store::TrialData* t : counted_trials(data, record.hash)) groups[t->trial.threads][t->trial.platform].push_back(t);
    for (const auto& [threads, platforms] : groups) {
      comparison.workloads.push_back(compare_group(*workload, record.hash, threads, platforms, data.run.baseline, comparison.target_accuracy,
                                                   comparison.ceilings, dtype ? *dtype : "float32"));
      set_ending(comparison.workloads.back(), data);
      add_blas_warnings(platforms, data.run.environment, comparison.workloads.back().sentences);
      add_energy(comparison, platforms, machine);
      add_new(comparison.warnings, environment_warnings(data.run.environment, threads));
    }
  }
  comparison.sweeps = find_sweeps(comparison, data);
  comparison.study = study_report(data, comparison);
  return comparison;
}

}  // namespace trainmark::analysis
