// Asks for twice as many steps each time, so that a request is neither too short to time nor much longer than the limit.
#include "trial/probe.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/affinity.hpp"
#include "core/clock.hpp"
#include "core/file.hpp"
#include "trial/memory_reading.hpp"
#include "trial/process_channel.hpp"
#include "trial/process_tree.hpp"
#include "trial/trial_life.hpp"
#include "workload/materials.hpp"

namespace trainmark::trial {
namespace {

core::Error failed(const std::string& platform, const worker::Failure& failure) {
  return core::tool_error(fmt::format("the probe of '{}' failed: {}", platform, failure.message));
}

worker::Answer<int64_t> run_steps(worker::Client& client, const workload::Workload& workload, int64_t first, int64_t steps, double timeout_s) {
  if (!workload.neighbours) {
    const auto trained = client.train({first, steps, worker::Granularity::kEpoch, false}, timeout_s);
    if (!trained) return trained.failure();
    return trained->times_ns.at(0);
  }
  int64_t elapsed_ns = 0;
  for (int64_t step = first; step < first + steps; ++step) {
    const auto predicted = client.predict(workload::first_query_of_step(workload, step), workload::batch_of_step(workload, step), timeout_s);
    if (!predicted) return predicted.failure();
    elapsed_ns += predicted->elapsed_ns;
  }
  return elapsed_ns;
}

// The first step, before which neighbours must have been given their samples.
std::optional<worker::Failure> begin(worker::Client& client, const workload::Workload& workload, double timeout_s) {
  if (workload.neighbours) {
    if (const auto fitted = client.fit(timeout_s); !fitted) return fitted.failure();
  }
  const auto first = run_steps(client, workload, 0, 1, timeout_s);
  return first ? std::nullopt : std::optional(first.failure());
}

// Steps of the training from step 1 on, over and over, within the limit.
std::optional<worker::Failure> time_steps(worker::Client& client, const workload::Workload& workload, double timeout_s, double limit_s, Probe& probe) {
  const int64_t total = workload::total_steps(workload);
  const auto limit_ns = static_cast<int64_t>(limit_s * 1e9);
  int64_t spent_ns = 0;
  for (int64_t first = 0, steps = 1; probe.steps == 0 || spent_ns + steps * spent_ns / probe.steps < limit_ns; steps *= 2) {
    if (first + steps > total) first = 0;
    steps = std::min(steps, total - first);
    const auto elapsed_ns = run_steps(client, workload, first, steps, timeout_s);
    if (!elapsed_ns) return elapsed_ns.failure();
    spent_ns += std::max<int64_t>(1, *elapsed_ns);
    probe.steps += steps;
    probe.step_ns = static_cast<double>(*elapsed_ns) / static_cast<double>(steps);  // the longest request is the best
    first += steps;
  }
  return std::nullopt;
}

}  // namespace

core::Result<worker::Hello> ask_worker(const std::filesystem::path& program, const std::vector<std::string>& command, double timeout_s) {
  const auto folder = core::TemporaryFolder::make(std::filesystem::temp_directory_path(), "trainmark-hello");
  if (!folder) return folder.error();
  auto process = Process::start({program, command, {}, folder->path() / "log"});
  if (!process) return process.error();
  ProcessChannel channel(*process);
  worker::Client client(channel, folder->path());
  auto hello = client.hello(timeout_s);
  if (hello) {
    [[maybe_unused]] const auto farewell = client.quit(timeout_s);
    return std::move(*hello);
  }
  const auto log = core::read_file(folder->path() / "log");
  constexpr size_t kTail = 2000;
  const std::string printed = log ? log->substr(log->size() - std::min(log->size(), kTail)) : "";
  return core::tool_error(
      fmt::format("the worker '{}' does not answer: {}{}{}", command[0], hello.failure().message, printed.empty() ? "" : "; it printed:\n", printed));
}

core::Result<Probe> probe(const Experiment& experiment, const workload::PlatformChoice& platform, const SupervisorOptions& options, double limit_s) {
  const auto folder = core::TemporaryFolder::make(std::filesystem::temp_directory_path(), "trainmark-probe");
  if (!folder) return folder.error();
  const auto materials = workload::make_materials(experiment.workload, *experiment.dataset, experiment.workload.seed);
  if (!materials) return materials.error();
  const auto files = workload::write_materials(*materials, folder->path());
  if (!files) return files.error();

  std::error_code ignored;  // a worker that needs the folder says so itself
  std::filesystem::create_directory(folder->path() / kCompilerCache, ignored);
  Probe probe;
  const int threads = resolved_threads(experiment.threads);
  const int64_t begin_ns = core::now_ns();
  auto process =
      Process::start({options.program, worker_command(options, platform.name, threads, folder->path()), first_cpus(threads), folder->path() / "log"});
  if (!process) return process.error();
  ProcessChannel channel(*process);
  worker::Client client(channel, folder->path());
  const auto hello = client.hello(options.timeout_s);
  if (!hello) return failed(platform.name, hello.failure());
  if (hello->unavailable) return core::unavailable(fmt::format("the platform '{}' cannot run here: {}", platform.name, *hello->unavailable));
  if (const auto missing = missing_method(experiment.workload, *hello)) return failed(platform.name, *missing);
  const auto prepared = client.prepare(*files, threads, options.dtype, options.timeout_s, device_of(options, platform.name));
  if (!prepared) return failed(platform.name, prepared.failure());
  if (const auto failure = begin(client, experiment.workload, options.timeout_s)) return failed(platform.name, *failure);
  probe.start_ns = core::now_ns() - begin_ns;
  if (const auto failure = time_steps(client, experiment.workload, options.timeout_s, limit_s, probe)) return failed(platform.name, *failure);
  probe.memory_bytes = read_memory(members_of_group(process->group())).peak_rss_bytes;
  [[maybe_unused]] const auto farewell = client.quit(options.timeout_s);
  return probe;
}

}  // namespace trainmark::trial
