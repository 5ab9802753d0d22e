// The order of things in a run: experiments, repetitions, trials. Rounds are in rounds.cpp.
#include "trial/supervisor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "core/affinity.hpp"
#include "core/file.hpp"
#include "trial/environment.hpp"
#include "trial/interrupt.hpp"
#include "trial/trial_life.hpp"

namespace trainmark::trial {
namespace {

Progression progression_of(const workload::Workload& workload, double share) {
  Progression progression;
  progression.steps_per_epoch = workload::steps_per_epoch(workload);
  progression.epochs = workload.recipe.epochs;
  progression.planned_steps = planned_steps(workload::total_steps(workload), share);
  return progression;
}

/// The trials of one repetition that have not been done yet.
Trials make_trials(const Run& run, const RunPlan& plan, const Experiment& experiment, const std::string& hash, int64_t repetition) {
  Trials trials;
  for (const auto& platform : experiment.platforms) {
    const int threads = resolved_threads(experiment.threads);
    const auto key = trial_key(hash, platform.name, threads, repetition);
    const auto& skips = run.summary.skips;
    const bool skipped = std::any_of(skips.begin(), skips.end(), [&](const SkipRecord& skip) { return skip.platform == platform.name; });
    if (skipped || plan.finished_keys.count(key) > 0) continue;
    auto trial = std::make_unique<Trial>();
    trial->by_hand = platform.by_hand;
    trial->progression = progression_of(experiment.workload, platform.share);
    if (!experiment.workload.neighbours) trial->edges_left = edge_targets(trial->progression);
    auto& record = trial->record;
    record.id = random_id();
    record.run_id = run.summary.run_id;
    record.key = key;
    record.workload_hash = hash;
    record.platform = platform.name;
    record.threads = threads;
    record.repetition = repetition;
    record.seed = experiment.workload.seed + static_cast<uint64_t>(repetition);
    record.share = platform.share;
    record.planned_steps = trial->progression.planned_steps;
    trials.push_back(std::move(trial));
  }
  return trials;
}

/// Starts all workers and records their trials; those that are not available here are taken out.
void start_all(Run& run, Trials& trials) {
  for (auto& trial : trials) {
    if (run.error || interrupted()) return;
    start_worker(run, *trial);
    if (!trial->unavailable) continue;
    if (trial->by_hand) {
      run.error = core::unavailable(fmt::format("the platform '{}' cannot run here: {}", trial->record.platform, *trial->unavailable));
      return;
    }
    run.summary.skips.push_back({run.summary.run_id, trial->record.platform, *trial->unavailable});
    run.emit(run.summary.skips.back());
    forget_steps(run, *trial);
  }
  std::erase_if(trials, [](const auto& trial) { return trial->unavailable.has_value(); });
  for (auto& trial : trials) {
    run.emit(trial->record);
    trial->recorded = true;
  }
}

/// Whatever has no outcome yet was cut off by the user, or by an error that ends the run.
void conclude_rest(Run& run, Trials& trials) {
  for (auto& trial : trials) {
    if (trial->going()) {
      trial->failure = run.error && !interrupted() ? worker::Failure{worker::FailureKind::kFailed, "the run ended early: " + run.error->message}
                                                   : worker::Failure{worker::FailureKind::kInterrupted, "interrupted by the user"};
    }
    conclude(run, *trial);
  }
}

core::Result<void> run_repetition(Run& run, const RunPlan& plan, const Experiment& experiment, const std::string& hash, int64_t repetition) {
  Trials trials = make_trials(run, plan, experiment, hash, repetition);
  if (trials.empty()) return {};
  const auto begin_ns = core::now_ns();
  auto scratch = core::TemporaryFolder::make(run.options.folder, "trial-");
  if (!scratch) return scratch.error();
  const auto materials = workload::make_materials(experiment.workload, *experiment.dataset, trials[0]->record.seed);
  if (!materials) return materials.error();
  const auto files = workload::write_materials(*materials, scratch->path());
  if (!files) return files.error();
  for (auto& trial : trials) {
    trial->materials = &*materials;
    trial->files = &*files;
    trial->folder = scratch->path() / trial->record.id;
    std::error_code failed;
    if (!std::filesystem::create_directories(trial->folder / kCompilerCache, failed)) {
      return core::tool_error(fmt::format("cannot make the folder '{}': {}", trial->folder.string(), failed.message()));
    }
  }
  run.summary.end.start_ns += core::now_ns() - begin_ns;

  start_all(run, trials);
  for (auto& trial : trials) {
    if (!run.error && !interrupted() && trial->going()) prepare(run, *trial);
    if (trial->failure) conclude(run, *trial);
  }
  run_rounds(run, trials, trials.empty() ? 0 : trials[0]->record.seed);
  conclude_rest(run, trials);
  if (repetition == 0) {
    for (const auto& trial : trials) measure_warm_start(run, *trial);
  }
  if (run.error) return *run.error;
  return {};
}

core::Result<void> check_plan(const RunPlan& plan) {
  const auto cpus = core::allowed_cpus().size();
  for (const auto& experiment : plan.experiments) {
    CHECK(experiment.dataset != nullptr, "an experiment needs its data set");
    if (experiment.threads > static_cast<int>(cpus)) {
      return core::usage_error(
          fmt::format("{} threads were asked for, but this process may use only {} CPUs; use --threads {} or less", experiment.threads, cpus, cpus));
    }
  }
  return {};
}

/// Before the first worker is started, so that nothing of ours is beside it.
void take_ceilings(Run& run, const RunPlan& plan) {
  if (!run.options.measure_ceilings || run.error) return;
  std::set<int> threads;
  for (const auto& experiment : plan.experiments) threads.insert(resolved_threads(experiment.threads));
  if (threads.empty()) return;
  const int64_t wall_ns = core::wall_clock_ns();
  run.emit(ReadingRecord{run.summary.run_id, "", kCeilingsReading, wall_ns, run.options.measure_ceilings({threads.begin(), threads.end()})});
}

/// What every platform of an experiment has to do, over its repetitions.
std::vector<PlatformProgress> steps_to_do(const RunPlan& plan, const Experiment& experiment) {
  const auto hash = workload::workload_hash(experiment.workload);
  std::vector<PlatformProgress> platforms;
  for (const auto& platform : experiment.platforms) {
    platforms.push_back({platform.name, 0, 0, {}});
    for (int64_t repetition = 0; repetition < experiment.repetitions; ++repetition) {
      if (plan.finished_keys.count(trial_key(hash, platform.name, resolved_threads(experiment.threads), repetition)) > 0) continue;
      platforms.back().total_steps += progression_of(experiment.workload, platform.share).planned_steps;
    }
  }
  return platforms;
}

void begin_experiment(Run& run, const RunPlan& plan, const Experiment& experiment) {
  run.experiment_started_ns = core::now_ns();
  run.progress.network = experiment.workload.network.name;
  run.progress.repetitions = experiment.repetitions;
  run.progress.platforms = steps_to_do(plan, experiment);
}

/// Repetitions until there are enough, the limit is reached, or the budget is spent; says which.
core::Result<void> run_repetitions(Run& run, const RunPlan& plan, const Experiment& experiment, const std::string& hash) {
  for (int64_t repetition = 0; repetition <= experiment.repetitions; ++repetition) {
    if (run.error) return *run.error;
    if (interrupted()) return {};
    auto reason = reason_to_stop(run, experiment, hash, repetition);
    if (repetition == experiment.repetitions && reason != "precise") reason = "repetitions";
    if (reason) {
      run.summary.budget_spent = reason == "budget";
      for (PlatformProgress& platform : run.progress.platforms) {
        run.progress.total_steps -= platform.total_steps - platform.done_steps;
        platform.total_steps = platform.done_steps;
      }
      if (run.summary.budget_spent || experiment.precision > 0) record_stop(run, experiment, hash, repetition, *reason);
      return {};
    }
    run.progress.repetition = repetition;
    const auto done = run_repetition(run, plan, experiment, hash, repetition);
    if (!done) return done;
  }
  return {};
}

core::Result<void> run_experiments(Run& run, const RunPlan& plan) {
  std::set<std::string> hashes;
  for (const auto& experiment : plan.experiments) {
    const auto hash = workload::workload_hash(experiment.workload);
    if (!plan.resumed && hashes.insert(hash).second) {
      run.emit(WorkloadRecord{hash, experiment.workload.network.name, experiment.workload.dataset.name, experiment.workload.dataset.synthetic,
                              workload::to_json(experiment.workload)});
    }
    begin_experiment(run, plan, experiment);
    const auto done = run_repetitions(run, plan, experiment, hash);
    if (!done) return done;
    if (run.summary.budget_spent || interrupted()) return {};
    ++run.progress.experiment;
  }
  return {};
}

}  // namespace

std::string trial_key(const std::string& workload_hash, const std::string& platform, int threads, int64_t repetition) {
  return fmt::format("{}/{}/{}/{}", workload_hash, platform, threads, repetition);
}

std::string random_id() {
  std::random_device device;
  return fmt::format("{:08x}{:08x}", device(), device());
}

int resolved_threads(int threads) { return threads > 0 ? threads : static_cast<int>(core::allowed_cpus().size()); }

core::Result<RunSummary> run_study(const RunPlan& plan, Sink& sink, const SupervisorOptions& options) {
  if (const auto checked = check_plan(plan); !checked) return checked.error();
  std::error_code failed;
  std::filesystem::create_directories(options.folder / "logs", failed);
  if (failed) return core::tool_error(fmt::format("cannot make the folder '{}': {}", (options.folder / "logs").string(), failed.message()));

  Run run{options, sink, {}, {}, {}, {}, {}, core::now_ns(), 0};
  run.measured = plan.measured;
  if (!options.device_platforms.empty()) {
    auto nvml = instruments::Nvml::open(options.nvml_library);
    if (nvml) run.nvml = *std::move(nvml);  // else device memory and energy stay unknown
    if (!nvml) run.nvml_missing = nvml.error().message;
  }
  RunRecord record = plan.run;
  if (record.id.empty()) record.id = random_id();
  if (record.started_wall_ns == 0) record.started_wall_ns = core::wall_clock_ns();
  if (record.environment.is_null()) {
    EnvironmentOptions described = options.environment;
    described.nvml_library = options.nvml_library;
    record.environment = environment(described);
  }
  run.summary.run_id = record.id;
  run.summary.skips = plan.skips;
  for (auto& skip : run.summary.skips) skip.run_id = record.id;
  run.progress.experiments = static_cast<int64_t>(plan.experiments.size());
  for (const auto& experiment : plan.experiments) {
    for (const auto& platform : steps_to_do(plan, experiment)) run.progress.total_steps += platform.total_steps;
  }
  if (!plan.resumed) {
    run.emit(record);
    for (const auto& skip : run.summary.skips) run.emit(skip);
  }
  take_ceilings(run, plan);
  open_energy(run);
  const auto done = run_experiments(run, plan);
  close_energy(run);
  auto& end = run.summary.end;
  end.run_id = record.id;
  end.ended_wall_ns = core::wall_clock_ns();
  end.interrupted = interrupted();
  end.total_ns = core::now_ns() - run.started_ns;
  const auto error = run.error;
  run.error.reset();  // the end is recorded whatever ended the run
  run.emit(end);
  if (!done) return done.error();
  if (error) return *error;
  if (run.error) return *run.error;
  return run.summary;
}

}  // namespace trainmark::trial
