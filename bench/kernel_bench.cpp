// Each multiplying kernel over the shapes of the networks, on one thread: as it runs inside a step, from a profile.
#include <benchmark/benchmark.h>

#include "ceilings/bursts.hpp"
#include "core/clock.hpp"
#include "network/zoo.hpp"
#include "plan/lane_fill.hpp"
#include "statistics/summary.hpp"
#include "workbench.hpp"

namespace trainmark::bench {
namespace {

void kernels(benchmark::State& state, const std::string& network, int64_t batch, const std::string& isa) {
  Workbench bench(network, batch, 1, isa);
  core::ThreadPool pool(1);
  const plan::Plan& plan = bench.program->plan();
  std::vector<std::vector<double>> us(plan.ops.size());
  std::vector<double> peaks, steps;
  std::vector<int64_t> ns(plan.ops.size());
  bench.program->run(bench.input, bench.output);
  for (auto _ : state) {
    peaks.push_back(ceilings::fma_burst(pool, isa, 200));
    std::fill(ns.begin(), ns.end(), 0);
    bench.advance();
    const int64_t start = core::now_ns();
    bench.program->run_profiled(bench.input, bench.output, ns.data());
    const int64_t total = core::now_ns() - start;
    state.SetIterationTime(static_cast<double>(total) * 1e-9);
    for (size_t i = 0; i < ns.size(); ++i) us[i].push_back(static_cast<double>(ns[i]) * 1e-3);
  }
  const double peak = statistics::median(peaks);
  state.counters["peak"] = peak;
  for (size_t i = 0; i < ns.size(); ++i) {
    const double time = statistics::median(us[i]);
    const std::string name = plan.ops[i].name + " [" + bench.program->kernel(static_cast<int>(i)) + "]";
    state.counters[name + " us"] = time;
    if (plan.ops[i].cost.flops == 0) continue;
    const double of_peak = static_cast<double>(plan.ops[i].cost.flops) * bench.program->executed_share(static_cast<int>(i)) / (time * 1e3) / peak;
    state.counters[name + " of peak"] = of_peak;
    state.counters[name + " of lanes"] = of_peak / plan::lane_fill(plan, plan.ops[i]);
  }
}

}  // namespace

void register_kernels(const std::string& isa) {
  for (const network::Network& network : network::zoo()) {
    const int64_t large = network.name == "mnist-mlp-10" ? 59000 : 512;  // full batch, as in its study
    for (const int64_t batch : {int64_t{1}, int64_t{8}, int64_t{64}, large}) {
      const std::string name = "kernels/" + network.name + "/batch:" + std::to_string(batch);
      benchmark::RegisterBenchmark(name.c_str(), kernels, network.name, batch, isa)->UseManualTime()->Unit(benchmark::kMicrosecond)->MinTime(0.3);
    }
  }
}

}  // namespace trainmark::bench
