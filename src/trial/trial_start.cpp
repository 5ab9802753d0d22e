// From the start of a worker to the moment before its first counted step.
//
// The first step is timed apart: it may compile. Warm-up steps are real steps of the training, one time each; when their times have
// stopped falling, the initial state is loaded again, so that the counted training begins at step 0 in a warm process.
#include <algorithm>

#include "core/affinity.hpp"
#include "platforms/twin.hpp"
#include "statistics/warm_up.hpp"
#include "trial/memory_reading.hpp"
#include "trial/process_tree.hpp"
#include "trial/trial_life.hpp"

namespace trainmark::trial {
namespace {

bool fail(Trial& trial, const worker::Failure& failure) {
  trial.failure = failure;
  return false;
}

void emit_executed(Run& run, const Trial& trial, const core::Json& shares) {
  ReadingRecord reading;
  reading.run_id = trial.record.run_id;
  reading.trial_id = trial.record.id;
  reading.kind = kExecutedReading;
  reading.taken_wall_ns = core::wall_clock_ns();
  reading.figures = {{"shares", shares}};
  run.emit(reading);
}

bool first_step(Run& run, Trial& trial, const worker::Prepared& prepared) {
  PreparationRecord record;
  if (trial.searches() && !fit(run, trial, record)) return false;
  BlockRecord block;
  block.kind = BlockKind::kWarmUp;
  block.steps = 1;
  if (!run_block(run, trial, block, worker::Granularity::kStep)) return false;
  record.trial_id = trial.record.id;
  record.start_ns = trial.start_ns;
  record.build_ns = prepared.build_ns;
  record.compile_ns = prepared.compile_ns;
  record.input_ns = prepared.input_ns;
  record.input_bytes = prepared.input_bytes;
  record.first_step_ns = block.times_ns.front();
  record.kernels = prepared.kernels;
  run.emit(record);
  if (!prepared.executed_shares.empty()) emit_executed(run, trial, prepared.executed_shares);
  run.emit(block);
  trial.step_ns = static_cast<double>(record.first_step_ns);
  return true;
}

bool load_initial_state(Run& run, Trial& trial) {
  if (trial.searches()) return true;  // which has none
  const auto loaded = trial.client->load(trial.materials->initial_state, run.options.timeout_s);
  return loaded ? true : fail(trial, loaded.failure());
}

double median_of_last_third(std::vector<double> times) {
  times.erase(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() * 2 / 3));
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

bool warm_up(Run& run, Trial& trial) {
  const Lap lap(run.summary.end.warm_up_ns);
  const int64_t limit_ns = core::now_ns() + static_cast<int64_t>(run.options.warm_up_limit_s * 1e9);
  const int64_t total = trial.progression.steps_per_epoch * trial.progression.epochs;
  std::vector<double> times;
  int64_t step = 1;
  while (!statistics::has_settled(times) && core::now_ns() < limit_ns) {
    report_progress(run, trial, "warm-up");
    if (step == total) {
      if (!load_initial_state(run, trial)) return false;
      step = 0;
    }
    BlockRecord block;
    block.kind = BlockKind::kWarmUp;
    block.first_step = step;
    block.steps = std::min(warm_up_chunk(trial.step_ns), total - step);
    if (!run_block(run, trial, block, worker::Granularity::kStep)) return false;
    run.emit(block);
    if (run.error) return false;
    step += block.steps;
    times.insert(times.end(), block.times_ns.begin(), block.times_ns.end());
    trial.step_ns = median_of_last_third(times);
  }
  return load_initial_state(run, trial);
}

}  // namespace

std::vector<std::string> worker_command(const SupervisorOptions& options, const std::string& platform, int threads, const std::filesystem::path& folder) {
  if (const auto given = options.commands.find(platform); given != options.commands.end()) {
    std::vector<std::string> words = given->second;
    std::replace(words.begin(), words.end(), std::string("{threads}"), std::to_string(threads));
    std::replace(words.begin(), words.end(), std::string("{compiler_cache}"), (folder / kCompilerCache).string());
    return words;
  }
  std::vector<std::string> command = {options.program.string(), "worker", "--platform", platforms::base_name(platform)};
  if (!options.isa.empty()) command.insert(command.end(), {"--isa", options.isa});
  return command;
}

int64_t device_of(const SupervisorOptions& options, const std::string& platform) { return options.device_platforms.count(platform) > 0 ? options.device : 0; }

std::vector<int> first_cpus(int count) {
  auto cpus = core::allowed_cpus();
  cpus.resize(std::min(cpus.size(), static_cast<size_t>(count)));
  return cpus;
}

bool start_worker(Run& run, Trial& trial) {
  const Lap lap(run.summary.end.start_ns);
  report_progress(run, trial, "start");
  const int64_t begin_ns = core::now_ns();
  trial.record.started_wall_ns = core::wall_clock_ns();
  auto started = Process::start({run.options.program, worker_command(run.options, trial.record.platform, trial.record.threads, trial.folder),
                                 first_cpus(trial.record.threads), run.options.folder / "logs" / (trial.record.id + ".log")});
  if (!started) {
    run.error = started.error();
    return false;
  }
  trial.process.emplace(std::move(*started));
  trial.channel.emplace(*trial.process);
  trial.client.emplace(*trial.channel, trial.folder);
  auto hello = trial.client->hello(run.options.timeout_s);
  trial.start_ns = core::now_ns() - begin_ns;
  if (!hello) return fail(trial, hello.failure());
  trial.record.hello = hello->raw;
  if (hello->unavailable) {
    trial.unavailable = *hello->unavailable + (hello->remedy ? "; " + *hello->remedy : "");
    return false;
  }
  if (auto missing = missing_method(trial.materials->workload, *hello)) return fail(trial, *missing);
  const auto members = members_of_group(trial.process->group());
  end_phase(trial.phases, MemoryPhase::kStart, members);
  trial.process->stop();
  return true;
}

bool prepare(Run& run, Trial& trial) {
  trial.process->resume();
  {
    const Lap lap(run.summary.end.start_ns);
    report_progress(run, trial, "start");
    const auto prepared =
        trial.client->prepare(*trial.files, trial.record.threads, run.options.dtype, run.options.timeout_s, device_of(run.options, trial.record.platform));
    if (!prepared) return fail(trial, prepared.failure());
    trial.members = members_of_group(trial.process->group());
    end_phase(trial.phases, MemoryPhase::kCompile, trial.members);
    if (!first_step(run, trial, *prepared)) return false;
  }
  if (!warm_up(run, trial)) return false;
  trial.machine = {"", first_cpus(trial.record.threads), core::allowed_cpus(), instruments::throttle_files("")};
  trial.members = members_of_group(trial.process->group());
  trial.members_seen_ns = core::now_ns();
  end_phase(trial.phases, MemoryPhase::kWarmUp, trial.members);
  trial.process->stop();
  return true;
}

}  // namespace trainmark::trial
