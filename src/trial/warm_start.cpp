// One more start on a filled compiler cache.
//
// Every trial has an empty cache folder of its own, so that the headline's compile times are those of a first start. What a second start
// costs is measured after all trials of the repetition have ended, when nothing else of the run computes: hello, prepare, one step, quit.
// It is no trial: what goes wrong here takes nothing from the one that has ended, and there is no record then.
#include <fmt/format.h>

#include "trial/interrupt.hpp"
#include "trial/trial_life.hpp"

namespace trainmark::trial {
namespace {

constexpr double kQuitTimeout_s = 10;

bool has_filled_cache(const Trial& trial) {
  const auto cached = trial.record.hello.find("compiler_cache");
  const bool finished = trial.concluded && !trial.failure;
  return finished && cached != trial.record.hello.end() && cached->is_boolean() && cached->get<bool>();
}

}  // namespace

void measure_warm_start(Run& run, const Trial& trial) {
  if (!run.options.warm_starts || run.error || interrupted() || !has_filled_cache(trial)) return;
  const Lap lap(run.summary.end.start_ns);
  report_progress(run, trial, "warm start");
  const double timeout_s = run.options.timeout_s;
  const int64_t begin_ns = core::now_ns();
  auto process = Process::start({run.options.program, worker_command(run.options, trial.record.platform, trial.record.threads, trial.folder),
                                 first_cpus(trial.record.threads), run.options.folder / "logs" / (trial.record.id + "-warm.log")});
  if (!process) return;
  ProcessChannel channel(*process);
  worker::Client client(channel, trial.folder);
  if (const auto hello = client.hello(timeout_s); !hello || hello->unavailable) return;
  WarmStartRecord record;
  record.trial_id = trial.record.id;
  record.start_ns = core::now_ns() - begin_ns;
  const auto prepared = client.prepare(*trial.files, trial.record.threads, run.options.dtype, timeout_s, device_of(run.options, trial.record.platform));
  if (!prepared) return;
  const auto first = client.train({0, 1, worker::Granularity::kStep, run.options.want_correct}, timeout_s);
  if (!first) return;
  record.build_ns = prepared->build_ns;
  record.compile_ns = prepared->compile_ns;
  record.input_ns = prepared->input_ns;
  record.first_step_ns = first->times_ns.front();
  run.emit(record);
  [[maybe_unused]] const auto farewell = client.quit(kQuitTimeout_s);
  process->wait(kQuitTimeout_s);
}

}  // namespace trainmark::trial
