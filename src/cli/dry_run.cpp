// Estimates by trying: each engine compiles the plan and runs three steps here.
#include "cli/dry_run.hpp"

#include <fmt/format.h>

#include "backends/backend.hpp"
#include "cli/columns.hpp"
#include "core/clock.hpp"
#include "plan/passes.hpp"

namespace trainmark::cli {
namespace {

using core::Result;

struct Estimate {
  double step_s = 0;
  double memory_mib = 0;
};

Result<Estimate> try_engine(const trial::Experiment& experiment, const std::string& platform, const RunArguments& arguments) {
  const backends::BackendInfo* backend = backends::find_backend(platform);
  if (backend == nullptr) return core::unavailable(fmt::format("'{}' is not a native engine", platform));
  const auto materials = workload::make_materials(experiment.workload, *experiment.dataset, experiment.workload.seed);
  if (!materials) return materials.error();
  backends::EngineOptions options;
  options.threads = trial::resolved_threads(experiment.threads);
  options.isa = platform == "cpu" ? arguments.isa : "";
  options.dtype = backend->dtypes.front();
  auto engine = backend->create(options);
  if (!engine) return engine.error();
  const auto batch = materials->batch(0);
  auto program = (*engine)->compile(plan::training_plan(experiment.workload.network, static_cast<int64_t>(batch.size()), experiment.workload.recipe.optimiser));
  if (!program) return program.error();
  if (const auto loaded = (*engine)->load(materials->initial_state); !loaded) return loaded.error();
  backends::StepInput input{&materials->train, &materials->normalisation, batch.data(), experiment.workload.recipe.optimiser.learning_rate, materials->seed, 0};
  backends::StepOutput output;
  (*program)->run(input, output);  // pages are touched and caches warm after the first
  const int64_t started = core::now_ns();
  for (int i = 0; i < 3; ++i) (*program)->run(input, output);
  (*program)->sync();
  const backends::MemoryUse m = (*program)->memory();
  const int64_t bytes = m.parameters + m.optimiser_state + m.input + m.activations + m.gradients + m.workspace;
  return Estimate{static_cast<double>(core::now_ns() - started) / 3e9, static_cast<double>(bytes) / (1 << 20)};
}

}  // namespace

Result<ExitCode> print_dry_run(const Request& request, const RunArguments& arguments) {
  std::vector<std::vector<std::string>> rows = {{"NETWORK", "PLATFORM", "THREADS", "TRIALS", "STEPS EACH", "TIME", "MEMORY"}};
  double total_s = 0, disk_mib = 0;
  for (const trial::Experiment& experiment : request.experiments) {
    for (const workload::PlatformChoice& platform : experiment.platforms) {
      const auto steps = static_cast<int64_t>(static_cast<double>(workload::total_steps(experiment.workload)) * platform.share);
      const auto estimate = try_engine(experiment, platform.name, arguments);
      if (!estimate) return estimate.error();
      const double seconds = static_cast<double>(experiment.repetitions * steps) * estimate->step_s;
      total_s += seconds;
      disk_mib += static_cast<double>(experiment.repetitions * steps) * 12 / (1 << 20);  // a loss is 8 bytes, correct answers and times a few more
      rows.push_back({experiment.workload.network.name, platform.name, std::to_string(trial::resolved_threads(experiment.threads)),
                      std::to_string(experiment.repetitions), std::to_string(steps), fmt::format("{:.1f} s", seconds),
                      fmt::format("{:.1f} MiB", estimate->memory_mib)});
    }
  }
  for (const trial::SkipRecord& skip : request.skips) rows.push_back({"", skip.platform, "", "", "", "skipped", skip.reason});
  fmt::print(
      "{}\nTraining takes about {:.0f} s in all, by a few steps of each engine tried just now; start, warm-up, evaluation and proof come on top.\n"
      "The store grows by about {:.1f} MiB. Nothing was run.\n",
      columns(rows, terminal_width()), total_s, disk_mib);
  return ExitCode::kOk;
}

}  // namespace trainmark::cli
