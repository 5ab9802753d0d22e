#include "worker/step_profile.hpp"

#include <algorithm>

#include "ceilings/bursts.hpp"
#include "core/clock.hpp"
#include "plan/passes.hpp"
#include "statistics/summary.hpp"

namespace trainmark::worker {
namespace {

constexpr int kBurstUs = 300;
constexpr int64_t kCacheBytes = 256 << 10, kMemoryBytes = 64 << 20;  // per thread
constexpr size_t kFewestSteps = 5;

/// The whole batches of the training, one after the other, again from the start after the last. Each names the one that follows, as a
/// worker does, so that engines may fetch its pixels ahead.
class Steps {
 public:
  Steps(const workload::Materials& materials, int64_t batch) : materials_(materials), batch_(batch), total_(workload::total_steps(materials.workload)) {}

  backends::StepInput next() {
    const int64_t step = whole(step_), after = whole(step + 1);
    backends::StepInput input{
        &materials_.train,
        &materials_.normalisation,
        materials_.batch(step).data(),
        workload::learning_rate_at(materials_.workload.recipe, step),
        materials_.seed,
        step,
    };
    input.next_indices = materials_.batch(after).data();
    input.next_images = batch_;
    step_ = after;
    return input;
  }

 private:
  /// The first step from `step` on that has a whole batch: the last, smaller batch of an epoch has a program of its own.
  int64_t whole(int64_t step) const {
    step %= total_;
    return static_cast<int64_t>(materials_.batch(step).size()) == batch_ ? step : (step + 1) % total_;
  }

  const workload::Materials& materials_;
  int64_t batch_, total_, step_ = 0;
};

/// Samples of everything that is measured between two plain steps.
struct Samples {
  std::vector<double> plain, profiled, peak, cache;
  std::vector<std::vector<double>> operations;
};

}  // namespace

core::Result<StepProfile> profile_steps(const workload::Materials& materials, const backends::BackendInfo& info, const backends::EngineOptions& options,
                                        double seconds) {
  backends::EngineOptions known = options;
  known.pixels = data::pixel_statistics(materials.train);
  auto engine = info.create(known);
  if (!engine) return engine.error();
  const int64_t batch = workload::batch_of_step(materials.workload, 0);
  auto compiled = (*engine)->compile(plan::training_plan(materials.workload.network, batch, workload::training_of(materials.workload.recipe)));
  if (!compiled) return compiled.error();
  if (auto loaded = (*engine)->load(materials.initial_state); !loaded) return loaded.error();
  backends::Program& program = **compiled;
  const auto& ops = program.plan().ops;
  const bool has_peak = info.name == "cpu" && options.dtype == "float32";

  Steps steps(materials, batch);
  core::ThreadPool pool(options.threads);
  backends::StepOutput output;
  Samples samples;
  samples.operations.resize(ops.size());
  std::vector<int64_t> op_ns(ops.size());
  const auto timed = [&](auto&& run) {
    const int64_t begin = core::now_ns();
    run();
    program.sync();
    return static_cast<double>(core::now_ns() - begin);
  };
  program.run(steps.next(), output);
  const int64_t end = core::now_ns() + static_cast<int64_t>(seconds * 1e9);
  while (samples.plain.size() < kFewestSteps || core::now_ns() < end) {
    if (has_peak) {
      samples.peak.push_back(ceilings::fma_burst(pool, options.isa, kBurstUs));
      samples.cache.push_back(ceilings::bandwidth_burst(pool, options.isa, "update", kCacheBytes, kBurstUs));
    }
    program.run(steps.next(), output);  // wakes the engine's threads
    samples.plain.push_back(timed([&] { program.run(steps.next(), output); }));
    std::fill(op_ns.begin(), op_ns.end(), 0);
    samples.profiled.push_back(timed([&] { program.run_profiled(steps.next(), output, op_ns.data()); }));
    for (size_t i = 0; i < ops.size(); ++i) samples.operations[i].push_back(static_cast<double>(op_ns[i]));
  }

  StepProfile profile;
  profile.threads = options.threads;
  profile.plan = program.plan();
  profile.steps = static_cast<int64_t>(samples.plain.size());
  profile.plain_ns = statistics::median(samples.plain);
  profile.profiled_ns = statistics::median(samples.profiled);
  if (has_peak) {
    profile.peak_gflops = statistics::median(samples.peak);
    profile.cache_gbs = statistics::median(samples.cache);
    profile.memory_gbs = ceilings::bandwidth_burst(pool, options.isa, "update", kMemoryBytes, 200'000);
  }
  for (size_t i = 0; i < ops.size(); ++i) {
    const double share = program.executed_share(static_cast<int>(i));
    profile.operations.push_back({ops[i].name, program.kernel(static_cast<int>(i)), ops[i].phase, statistics::median(samples.operations[i]),
                                  static_cast<int64_t>(share * static_cast<double>(ops[i].cost.flops)), share, ops[i].cost.compulsory_bytes});
  }
  return profile;
}

}  // namespace trainmark::worker
