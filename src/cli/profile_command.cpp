// trainmark profile: where the time of a step goes, operation by operation.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

#include "analysis/diagnosis.hpp"
#include "analysis/step_work.hpp"
#include "backends/cpu/implementation_bytes.hpp"
#include "ceilings/measure.hpp"
#include "cli/columns.hpp"
#include "cli/commands.hpp"
#include "cli/run_request.hpp"
#include "plan/lane_fill.hpp"
#include "worker/step_profile.hpp"

namespace trainmark::cli {
namespace {

using core::Result;
using worker::OperationProfile;
using worker::StepProfile;

constexpr size_t kNoWrap = 1'000;  // a number is never broken
constexpr double kLeastShare = 0.001;

struct ProfileArguments {
  RunArguments run;
  double seconds = 2;
};

std::string time_text(double ns) { return ns < 1e6 ? fmt::format("{:.1f} us", ns * 1e-3) : fmt::format("{:.2f} ms", ns * 1e-6); }

/// GFLOP/s on all threads: the operation's time is that of the threads together.
double gflops(const OperationProfile& op, const StepProfile& profile) { return static_cast<double>(op.flops) / op.time_ns * profile.threads; }

/// Rate and share of the ceiling: arithmetic of peak, bytes of what a cache delivers.
std::pair<std::string, std::string> rate_cells(const OperationProfile& op, const StepProfile& profile) {
  const bool has_peak = profile.peak_gflops > 0;
  if (op.flops > 0) {
    return {fmt::format("{:.0f} GFLOP/s", gflops(op, profile)), has_peak ? fmt::format("{:.0f} %", 100 * gflops(op, profile) / profile.peak_gflops) : ""};
  }
  const bool elsewhere = op.kernel == backends::cpu::kJoinedGather || op.kernel == backends::cpu::kUpdateWithGradient;
  if (op.compulsory_bytes == 0 || elsewhere) return {"", ""};
  const double gbs = static_cast<double>(op.compulsory_bytes) / op.time_ns * profile.threads;
  return {fmt::format("{:.0f} GB/s", gbs), has_peak ? fmt::format("{:.0f} %", 100 * gbs / profile.cache_gbs) : ""};
}

/// The share of the peak of those lanes that the shape can fill; empty where it fills all, and where nothing is multiplied.
std::string of_lanes_cell(const OperationProfile& op, const StepProfile& profile, double fill) {
  if (op.flops == 0 || profile.peak_gflops <= 0 || fill == 1) return "";
  return fmt::format("{:.0f} %", 100 * gflops(op, profile) / profile.peak_gflops / fill);
}

std::vector<std::string> operation_row(const OperationProfile& op, const StepProfile& profile, double total_ns, double fill) {
  const auto [rate, of_ceiling] = rate_cells(op, profile);
  return {op.name, op.kernel, time_text(op.time_ns), fmt::format("{:.1f} %", 100 * op.time_ns / total_ns), rate, of_ceiling, of_lanes_cell(op, profile, fill)};
}

/// The operations, longest first; those below a thousandth in one row.
std::string operation_table(const StepProfile& profile) {
  std::vector<size_t> sorted(profile.operations.size());
  std::iota(sorted.begin(), sorted.end(), size_t{0});
  std::stable_sort(sorted.begin(), sorted.end(), [&](size_t a, size_t b) { return profile.operations[a].time_ns > profile.operations[b].time_ns; });
  const double whole = profile.profiled_ns * profile.threads;
  std::vector<std::vector<std::string>> rows = {{"OPERATION", "KERNEL", "TIME", "SHARE", "RATE", "OF CEILING", "OF LANES"}};
  double shown = 0, small = 0;
  for (const size_t i : sorted) {
    const OperationProfile& op = profile.operations[i];
    if (op.time_ns < kLeastShare * whole) {
      small += op.time_ns;
      continue;
    }
    shown += op.time_ns;
    rows.push_back(operation_row(op, profile, whole, plan::lane_fill(profile.plan, profile.plan.ops[i])));
  }
  const auto rest = [&](const char* name, double ns) { rows.push_back({name, "", time_text(ns), fmt::format("{:.1f} %", 100 * ns / whole), "", "", ""}); };
  rest("others, each below 0.1 %", small);
  rest("waiting, synchronising", std::max(0.0, whole - shown - small));
  return columns(rows, kNoWrap);
}

std::string phase_table(const StepProfile& profile) {
  std::vector<std::vector<std::string>> rows = {{"PHASE", "TIME", "SHARE", "RATE", "OF CEILING"}};
  for (const plan::Phase phase : {plan::Phase::kForward, plan::Phase::kBackward, plan::Phase::kUpdate}) {
    OperationProfile sum;
    for (const OperationProfile& op : profile.operations) {
      if (op.phase != phase) continue;
      sum.time_ns += op.time_ns;
      sum.flops += op.flops;
    }
    if (sum.time_ns <= 0) continue;
    const auto [rate, of_ceiling] = rate_cells(sum, profile);
    rows.push_back({std::string(plan::phase_name(phase)), time_text(sum.time_ns),
                    fmt::format("{:.1f} %", 100 * sum.time_ns / profile.profiled_ns / profile.threads), rate, of_ceiling});
  }
  return columns(rows, kNoWrap);
}

void print_profile(const StepProfile& profile, const trial::Experiment& experiment, const std::string& platform) {
  int64_t flops = 0;
  for (const OperationProfile& op : profile.operations) flops += op.flops;
  fmt::print("{} on {}, batch {}, {}, {} thread{}\n\n", experiment.workload.network.name, experiment.workload.dataset.name,
             workload::batch_of_step(experiment.workload, 0), platform, profile.threads, profile.threads == 1 ? "" : "s");
  fmt::print("step      {}, {:.0f} GFLOP/s (medians of {} steps)\n", time_text(profile.plain_ns), static_cast<double>(flops) / profile.plain_ns, profile.steps);
  fmt::print("profiled  {}: timing the operations costs {:+.1f} %\n", time_text(profile.profiled_ns), 100 * (profile.profiled_ns / profile.plain_ns - 1));
  if (profile.peak_gflops > 0) {
    fmt::print("ceilings  {:.0f} GFLOP/s, of which the step reaches {:.0f} %; {:.0f} GB/s in the cache, {:.0f} in memory\n", profile.peak_gflops,
               100 * static_cast<double>(flops) / profile.plain_ns / profile.peak_gflops, profile.cache_gbs, profile.memory_gbs);
  }
  fmt::print("\n{}\n{}\n{}", operation_table(profile), phase_table(profile),
             "Times are sums over the threads, shares are of the profiled step. FLOP are counted by\n"
             "shape, but those of multiplications by zero that a kernel leaves out; bytes are\n"
             "compulsory (every input once, every output once). Ceilings were measured between the\n"
             "steps: multiply-adds in registers, updates of 256 KB per thread in the cache.\n"
             "OF LANES: of the peak of those vector lanes that the shape can fill, where it fills not all.\n");
}

/// The operations against the ceilings of this machine, measured here: sentences.
std::vector<std::string> diagnosis_of(const StepProfile& profile, const std::string& platform) {
  ceilings::MeasureOptions options;
  options.threads = {profile.threads};
  const auto roof = analysis::roof_of(ceilings::measure(options), platform == "cpu" ? "float32" : "float64", profile.threads);
  if (!roof) return {};
  std::vector<analysis::Piece> compulsory, implementation;
  std::vector<analysis::TimedOperation> timed;
  std::vector<std::string> kernels;
  std::vector<double> shares;
  for (const OperationProfile& op : profile.operations) {
    compulsory.push_back({op.name, "", op.flops, op.compulsory_bytes, op.compulsory_bytes});
    timed.push_back({op.name, "", op.time_ns / profile.threads});
    kernels.push_back(op.kernel);
    shares.push_back(op.executed_share);
  }
  if (platform == "cpu") implementation = analysis::implementation_pieces(profile.plan, kernels, shares);
  for (size_t i = 0; i < implementation.size(); ++i) {
    implementation[i].operation = profile.operations[i].name;
    implementation[i].phase.clear();
  }
  const auto lines = analysis::roofline(profile.plain_ns, compulsory, implementation, timed, profile.profiled_ns, *roof);
  return analysis::diagnose(lines, *roof);
}

Result<ExitCode> profile(ProfileArguments arguments) {
  RunArguments& run = arguments.run;
  if (run.platforms.empty()) run.platforms = {"cpu"};
  auto study = requested_study(run);
  if (!study) return study.error();
  for (const workload::PlatformChoice& platform : study->platforms) {
    if (backends::find_backend(platform.name) != nullptr) continue;
    return core::usage_error(
        fmt::format("'{}' is no native engine, and profile takes these only: {}; 'trainmark run {} --platform {} --operations' takes its step apart",
                    platform.name, fmt::join(backends::backend_names(), ", "), run.subject, platform.name));
  }
  auto request = resolve_request(std::move(*study), run);
  if (!request) return request.error();
  for (const trial::Experiment& experiment : request->experiments) {
    if (!experiment.workload.neighbours) continue;
    return core::usage_error(fmt::format("'{}' has no operations to profile: nearest neighbours have no layers; 'trainmark run {}' measures them",
                                         experiment.workload.network.name, experiment.workload.network.name));
  }
  bool first = true;
  for (const trial::Experiment& experiment : request->experiments) {
    const auto materials = workload::make_materials(experiment.workload, *experiment.dataset, experiment.workload.seed);
    if (!materials) return materials.error();
    for (const workload::PlatformChoice& platform : experiment.platforms) {
      backends::EngineOptions options;
      options.threads = trial::resolved_threads(experiment.threads);
      options.isa = run.isa;
      options.dtype = run.dtype;
      const auto measured = worker::profile_steps(*materials, *backends::find_backend(platform.name), options, arguments.seconds);
      if (!measured) return measured.error();
      if (!first) fmt::print("\n");
      first = false;
      print_profile(*measured, experiment, platform.name);
      const std::vector<std::string> sentences = diagnosis_of(*measured, platform.name);
      if (!sentences.empty()) fmt::print("\n{}\n", fmt::join(sentences, "\n"));
    }
  }
  return ExitCode::kOk;
}

}  // namespace

void add_profile(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<ProfileArguments>();
  CLI::App* command = app.add_subcommand("profile", "Show where the time of a step goes, operation by operation");
  command->add_option("network", arguments->run.subject, "Network or study")->required()->type_name("SUBJECT");
  command->add_option("--seconds", arguments->seconds, "How long to measure")->capture_default_str()->check(CLI::Range(0.01, 3600.0));
  command->footer(
      "Examples:\n"
      "  trainmark profile mnist-cnn                               the engine cpu, all threads\n"
      "  trainmark profile mnist-mlp --batch-size 32,64 --threads 1 two batch sizes, one thread\n"
      "  trainmark profile mnist-cnn --platform cpu,reference      both native engines");
  add_workload_options(*command, arguments->run);
  command->callback([arguments, &action] { action = [arguments] { return profile(*arguments); }; });
}

}  // namespace trainmark::cli
