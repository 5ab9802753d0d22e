// Strict JSON: every figure has its unit in its key, and is null when it is unknown. docs/report.schema.json is the
// contract; `provenance` says once, for every key, how its figure was got.
#include "core/json_null.hpp"
#include "report/anonymous.hpp"
#include "report/json_figures.hpp"
#include "report/machines.hpp"
#include "report/report.hpp"
#include "report/resources_json.hpp"
#include "report/roofline.hpp"
#include "report/study.hpp"
#include "report/sweep.hpp"

namespace trainmark::report {
namespace {

using core::Json;

Json summary(const statistics::Summary& s) {
  return {{"n", s.n},
          {"median", number_json(s.median)},
          {"q1", number_json(s.q1)},
          {"q3", number_json(s.q3)},
          {"minimum", number_json(s.minimum)},
          {"mean", number_json(s.mean)},
          {"standard_deviation", number_json(s.standard_deviation)}};
}

Json time_to_target(const std::optional<analysis::TimeToTarget>& to) {
  if (!to) return nullptr;
  return {{"reached", to->reached},
          {"trials", to->trials},
          {"training_s", number_json(to->training_s)},
          {"steps", number_json(to->steps)},
          {"epochs", number_json(to->epochs)}};
}

Json warm_start(const std::optional<analysis::StartUp>& warm) {
  if (!warm) return nullptr;
  return {{"start_ns", number_json(warm->start_ns)},
          {"build_ns", number_json(warm->build_ns)},
          {"compile_ns", number_json(warm->compile_ns)},
          {"input_ns", number_json(warm->input_ns)},
          {"first_step_ns", number_json(warm->first_step_ns)}};
}

Json operations(const std::optional<analysis::Operations>& found, bool anonymous) {
  if (!found) return nullptr;
  if (!found->reason.empty()) return {{"parts", nullptr}, {"reason", anonymous ? Json(nullptr) : Json(found->reason)}};
  return {{"parts", worker::to_json(found->step.parts)},        {"reason", nullptr},
          {"rest_ns", number_json(found->step.rest_ns())},      {"step_ns", number_json(found->step.step_ns)},
          {"plain_step_ns", number_json(found->step.plain_ns)}, {"steps", found->steps}};
}

Json thread_use(const std::optional<analysis::ThreadUse>& use) {
  if (!use) return nullptr;
  return {{"asked", use->asked}, {"busy", use->busy}, {"shares", use->shares}};
}

Json accuracy_comparison(const std::optional<analysis::AccuracyComparison>& c) {
  if (!c) return nullptr;
  using Verdict = analysis::AccuracyComparison::Verdict;
  const char* verdict = c->verdict == Verdict::kEquivalent ? "equivalent" : c->verdict == Verdict::kDifferent ? "different" : "undecided";
  return {{"verdict", verdict},
          {"difference", number_json(c->difference)},
          {"interval", interval_json(c->interval)},
          {"margin", analysis::kAccuracyMargin},
          {"pairs", c->pairs}};
}

Json ending(const std::optional<analysis::Ending>& e) {
  if (!e) return nullptr;
  Json widths = Json::object();
  for (const auto& [platform, width] : e->half_widths) widths[platform] = number_json(width);
  return {{"reason", e->reason},
          {"repetitions", e->repetitions},
          {"most_repetitions", e->most_repetitions},
          {"precision", number_json(e->precision)},
          {"half_widths", widths}};
}

Json memory_bytes(const analysis::PlatformResult& p) {
  Json out = Json::object();
  for (const char* name : analysis::kMemoryComponents) out[name] = core::or_null(analysis::component_bytes(p, name));
  for (const char* name : analysis::kDeviceMemory) out[name] = core::or_null(analysis::component_bytes(p, name));
  return out;
}

// Reasons may name files and folders, so an anonymous report has none.
Json platform(const analysis::PlatformResult& p, int64_t flops_per_step, bool anonymous) {
  Json out;
  out["platform"] = p.platform;
  out["rank"] = p.rank > 0 ? Json(p.rank) : Json(nullptr);
  out["unranked_reason"] = p.rank > 0 ? Json(nullptr) : Json(p.unranked);
  out["verdict"] = {{"value", p.verdict}, {"reason", anonymous ? Json(nullptr) : Json(p.verdict_reason)}};
  out["outcome"] = {{"value", p.outcome}, {"reason", anonymous ? Json(nullptr) : Json(p.outcome_reason)}};
  out["outcomes"] = Json::object();
  for (const auto& [word, count] : p.outcomes) out["outcomes"][word] = count;
  out["trials"] = p.trials;
  out["processes"] = p.processes;
  out["share_of_training"] = p.share;
  out["steps"] = p.steps;
  out["blocks"] = p.blocks;
  out["disturbed_blocks"] = p.disturbed_blocks;
  out["step_time_ns"] = summary(p.step_ns);
  out["step_time_median_interval_ns"] = interval_json(p.step_interval);
  out["step_time_with_disturbed_ns"] = number_json(p.step_ns_with_disturbed);
  out["time_ratio_to_baseline"] = p.ratio ? Json{{"value", number_json(p.ratio->value)},
                                                 {"interval", interval_json(p.ratio->interval)},
                                                 {"p", number_json(p.ratio->p)},
                                                 {"p_corrected", number_json(p.ratio->p_corrected)},
                                                 {"different", p.ratio->different}}
                                          : Json(nullptr);
  out["step_time_changes"] = {
      {"processes", p.changes.processes}, {"of", p.changes.of}, {"largest", p.changes.processes > 0 ? Json(p.changes.largest) : Json()}};
  out["samples_per_s"] = number_json(p.samples_per_s);
  out["distinct_samples_per_s"] = number_json(p.distinct_samples_per_s);
  out["epoch_time_s"] = number_json(p.epoch_s);
  out["counted_flops_per_step"] = flops_per_step;
  out["counted_gflop_per_s"] = number_json(p.gflops);
  out["executed_flops_per_step"] = p.executed_flops ? Json(*p.executed_flops) : Json();
  out["cpu_utilisation"] = number_json(p.utilisation);
  out["thread_use"] = thread_use(p.thread_use);
  out["start_ns"] = number_json(p.start_ns);
  out["build_ns"] = number_json(p.build_ns);
  out["compile_ns"] = number_json(p.compile_ns);
  out["input_ns"] = number_json(p.input_ns);
  out["first_step_ns"] = number_json(p.first_step_ns);
  out["warm_start"] = warm_start(p.warm);
  out["fit_ns"] = number_json(p.fit_ns);
  out["final_accuracy"] = number_json(p.final_accuracy);
  out["best_accuracy"] = number_json(p.best_accuracy);
  out["final_loss"] = number_json(p.final_loss);
  out["accuracy_comparison"] = accuracy_comparison(p.accuracy_comparison);
  out["time_to_target"] = time_to_target(p.to_target);
  out["operations"] = operations(p.operations, anonymous);
  out["peak_rss_bytes"] = core::or_null(p.peak_rss_bytes);
  out["peak_rss_anon_bytes"] = core::or_null(p.peak_rss_anon_bytes);
  out["memory_bytes"] = memory_bytes(p);
  out["memory"] = memory_json(p);
  out["energy"] = energy_json(p);
  out["gpu_kernel_time_share"] = number_json(p.gpu_kernel_time_share);
  out["plausibility"] = plausibility_json(p);
  out["roofline"] = roofline_json(p);
  return out;
}

Json workload(const analysis::WorkloadResult& w, bool anonymous) {
  Json platforms = Json::array();
  for (const auto& p : w.platforms) platforms.push_back(platform(p, w.flops_per_step, anonymous));
  return {{"title", workload_title(w)},
          {"hash", w.hash},
          {"network", w.workload.network.name},
          {"dataset", w.workload.dataset.name},
          {"synthetic", w.workload.dataset.synthetic},
          {"threads", w.threads},
          {"counted_flops_per_step", w.flops_per_step},
          {"baseline", w.baseline.empty() ? Json(nullptr) : Json(w.baseline)},
          {"ceilings", roof_json(w)},
          {"platforms", platforms},
          {"noise_floor",
           {{"difference", number_json(w.noise.difference)}, {"source", w.noise.source}, {"twin", w.noise.twin.empty() ? Json(nullptr) : Json(w.noise.twin)}}},
          {"ending", ending(w.ending)},
          {"sentences", anonymous ? Json::array() : Json(w.sentences)},
          {"workload", workload::to_json(w.workload)}};
}

Json provenance() {
  return {
      {"step_time_ns", "measured: elapsed time of timed blocks by the worker's clock over their steps"},
      {"step_time_median_interval_ns",
       "computed: 95 %, Student's t over the logarithms of the medians of processes; of a single process the bootstrap over its blocks"},
      {"time_ratio_to_baseline",
       "computed: the geometric mean over repetitions of the median ratio of blocks of one round, with Student's t over repetitions; p_corrected by Holm over "
       "the verified platforms; different: p_corrected is at most 0.05, and the ratio differs from 1 by more than noise_floor"},
      {"step_time_changes", "computed: Pettitt's test of the undisturbed blocks of each process, corrected by Holm; steps above 2 %"},
      {"noise_floor",
       "computed: far end of the 95 % interval of the ratio of the baseline to itself, run twice (twin) or round against round (rounds); at least 0.01"},
      {"accuracy_comparison",
       "computed: two one-sided t-tests of the final accuracies of trainings with the same seed, corrected by Holm; interval of 90 %; fractions"},
      {"step_time_with_disturbed_ns", "measured: as step_time_ns, the median over all timed blocks, disturbed ones too"},
      {"samples_per_s", "computed: samples of an epoch, those that padding repeats too, over epoch_time_s"},
      {"distinct_samples_per_s", "computed: distinct samples of an epoch over epoch_time_s"},
      {"counted_flops_per_step",
       "computed: by shape, multiply and add as two, convolutions and dense layers of a full batch; of nearest neighbours the products of all pairs"},
      {"epoch_time_s", "computed: steady step time times steps of an epoch"},
      {"counted_gflop_per_s", "computed: FLOPs by shape, multiply and add as two, convolutions and dense layers only, over the measured step time"},
      {"executed_flops_per_step", "computed: counted FLOPs but those of multiplications by zero that the engine leaves out, as it states; null: not stated"},
      {"cpu_utilisation", "measured: CPU time of the worker's processes over elapsed time times threads"},
      {"thread_use",
       "measured: CPU time of each thread of the worker's processes over the elapsed time of the timed blocks; busy: above a tenth; median trial"},
      {"start_ns", "measured: start of the process to its first answer"},
      {"build_ns", "measured by the worker"},
      {"compile_ns", "measured by the worker"},
      {"input_ns", "measured by the worker"},
      {"first_step_ns", "measured by the worker"},
      {"warm_start", "measured: the same of one more start on the compiler cache that the first trial filled; all other starts had an empty one"},
      {"fit_ns", "measured by the worker: nearest neighbours, taking the training samples in; median over trials"},
      {"final_accuracy", "measured: predictions of the whole split at the end, mean over trials"},
      {"best_accuracy", "measured: the best evaluation of each trial, mean over trials"},
      {"final_loss", "measured by the worker: mean loss over the split at the end, mean over trials"},
      {"time_to_target", "computed: steps up to the first evaluation that reaches target_accuracy, median over trials, times the steady step time"},
      {"peak_rss_bytes", "measured: VmHWM, or ru_maxrss of a worker that died"},
      {"peak_rss_anon_bytes", "measured: largest RssAnon at block edges"},
      {"operations",
       "measured by the first trial's worker after its proof: means over the middle half of some steps, taken apart; rest_ns is what is left of step_ns"},
      {"ceilings", "measured: upper quantiles of bursts on bound threads, when the run began, and again where a figure lay above"},
      {"plausibility", "computed: counted_gflop_per_s, and the bytes that any implementation must fetch, over the measured ceilings"},
      {"roofline", "computed: FLOPs and bytes by shape (compulsory), or as the kernels touch them (implementation), over measured times and ceilings"},
      {"sweeps",
       "computed: medians and intervals as of step_time_ns; exponent: least squares of log step time on log size over the medians of processes, 95 %; "
       "crossovers "
       "only between sizes where the interval of the ratio excludes 1 on both sides, interpolated in logarithms"},
      {"memory_bytes",
       "measured by the worker, by component; device_peak and allocator are of the framework's own allocator, device_process is what the driver "
       "says that the worker's processes hold on all devices, the largest at block edges"}};
}

}  // namespace

Json render_json(const analysis::Comparison& c, bool anonymous) {
  Json workloads = Json::array();
  for (const auto& w : c.workloads) workloads.push_back(workload(w, anonymous));
  Json skips = Json::array();
  for (const auto& s : c.skips) {
    skips.push_back({{"platform", s.platform}, {"reason", anonymous ? anonymous_text(s.reason, host_of(c.run.environment)) : s.reason}});
  }
  if (anonymous) workloads = anonymous_json(std::move(workloads), "");  // names of platforms and layers may be anything, a host's too
  Json how = provenance();
  add_resource_provenance(how);
  Json cost = nullptr;
  if (c.end) {
    const trial::RunEndRecord& e = *c.end;
    const int64_t known = e.start_ns + e.warm_up_ns + e.blocks_ns + e.sentinel_ns + e.evaluation_ns + e.proof_ns;
    cost = {{"total_ns", e.total_ns},       {"start_ns", e.start_ns},           {"warm_up_ns", e.warm_up_ns}, {"blocks_ns", e.blocks_ns},
            {"sentinel_ns", e.sentinel_ns}, {"evaluation_ns", e.evaluation_ns}, {"proof_ns", e.proof_ns},     {"supervisor_ns", e.total_ns - known},
            {"executions", c.executions},   {"interrupted", e.interrupted}};
  }
  return {{"schema_version", 1},
          {"run",
           {{"id", c.run.id},
            {"study", c.run.study},
            {"version", c.run.version},
            {"started_wall_ns", c.run.started_wall_ns},
            {"target_accuracy", number_json(c.target_accuracy)},
            {"command_line", anonymous ? Json(nullptr) : Json(c.run.command_line)},
            {"warnings", c.warnings},
            {"environment", anonymous ? anonymous_environment(c.run.environment) : c.run.environment}}},
          {"time_spent", cost},
          {"provenance", how},
          {"workloads", workloads},
          {"study", c.study ? (anonymous ? anonymous_json(study_json(*c.study), "") : study_json(*c.study)) : Json(nullptr)},
          {"machines", anonymous ? anonymous_json(machines_json(c.machines, true), "") : machines_json(c.machines, false)},
          {"sweeps", anonymous ? anonymous_json(sweeps_json(c.sweeps, true), "") : sweeps_json(c.sweeps, false)},
          {"skipped", skips}};
}

}  // namespace trainmark::report
