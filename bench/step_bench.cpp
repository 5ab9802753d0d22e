// Whole training steps of the five networks: time, counted GFLOP/s, and the fraction of a peak measured in between.
#include <benchmark/benchmark.h>

#include "ceilings/bursts.hpp"
#include "network/zoo.hpp"
#include "statistics/summary.hpp"
#include "workbench.hpp"

namespace trainmark::bench {
namespace {

constexpr int64_t kPeakEveryNs = 2'000'000;  // a burst of peak after this much of steps
constexpr int kBurstUs = 300;

void step(benchmark::State& state, const std::string& network, int64_t batch, int threads, const std::string& isa) {
  Workbench bench(network, batch, threads, isa);
  core::ThreadPool pool(threads);
  for (int i = 0; i < 5; ++i) bench.program->run(bench.input, bench.output);
  std::vector<double> rates, peaks, fractions;
  int64_t since_peak = kPeakEveryNs;
  double peak = 0;
  for (auto _ : state) {
    if (since_peak >= kPeakEveryNs) {
      peak = ceilings::fma_burst(pool, isa, kBurstUs);
      peaks.push_back(peak);
      since_peak = 0;
      bench.program->run(bench.input, bench.output);  // wakes the engine's threads
    }
    bench.advance();
    const int64_t start = step_clock_ns(threads);
    bench.program->run(bench.input, bench.output);
    const int64_t ns = step_clock_ns(threads) - start;
    since_peak += ns;
    state.SetIterationTime(static_cast<double>(ns) * 1e-9);
    rates.push_back(static_cast<double>(bench.flops) / static_cast<double>(ns));
    fractions.push_back(rates.back() / peak);
  }
  state.counters["GFLOP/s"] = statistics::median(rates);
  state.counters["peak"] = statistics::median(peaks);
  state.counters["fraction"] = statistics::median(fractions);
  state.counters["median_us"] = static_cast<double>(bench.flops) / statistics::median(rates) * 1e-3;
}

}  // namespace

void register_steps(const std::string& isa) {
  for (const network::Network& network : network::zoo()) {
    const int64_t full = network.name == "mnist-mlp-10" ? 59000 : 4096;
    for (const int64_t batch : {int64_t{1}, int64_t{4}, int64_t{8}, int64_t{32}, int64_t{64}, int64_t{512}, full}) {
      for (const int threads : {1, 2}) {
        const std::string name = "step/" + network.name + "/batch:" + std::to_string(batch) + "/threads:" + std::to_string(threads);
        benchmark::RegisterBenchmark(name.c_str(), step, network.name, batch, threads, isa)->UseManualTime()->Unit(benchmark::kMicrosecond)->MinTime(0.3);
      }
    }
  }
}

}  // namespace trainmark::bench
