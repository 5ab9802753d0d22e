// Rounds. In each round every probe runs once, in random order: so a slow second of the machine costs every probe one burst of many, and
// the upper quantile of each is of undisturbed ones. In a fixed order the scheduler of a busy machine, which takes the CPU away every
// few milliseconds, hits the same probes in every round: one was found at a tenth of its rate, and its neighbours whole.
#include "ceilings/measure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <numeric>
#include <random>

#include "backends/cpu/targets.hpp"
#include "ceilings/bursts.hpp"
#include "ceilings/latency.hpp"
#include "ceilings/pinned.hpp"
#include "core/affinity.hpp"
#include "core/clock.hpp"
#include "statistics/summary.hpp"

namespace trainmark::ceilings {
namespace {

constexpr double kUpper = 0.9, kLower = 0.1;  // quantiles
// Shorter than what the scheduler gives to a thread at a time, so that on a busy machine some are undisturbed.
constexpr int kArithmeticUs = 1000, kCacheUs = 1000, kMemoryUs = 5000;
constexpr int64_t kLargeSet = 8 << 20;  // bytes per thread from which a burst must be long to go through much of it
constexpr double kShortSeconds = 0.5, kFullSeconds = 20;
constexpr int kFewestRounds = 5, kMostRounds = 50;
constexpr int64_t kSmallestSet = 8 << 10;
constexpr size_t kMostPairs = 28;  // all pairs of eight CPUs
constexpr int kLatencyBatches = 20;

/// Something that is measured once in a round.
struct Probe {
  std::function<double(core::ThreadPool&)> burst;
  std::vector<double> samples = {};
};

void run_rounds(core::ThreadPool& pool, std::vector<Probe>& probes, double seconds) {
  const int64_t stop_ns = core::now_ns() + static_cast<int64_t>(seconds * 1e9);
  std::mt19937 random(1);
  std::vector<size_t> order(probes.size());
  std::iota(order.begin(), order.end(), size_t{0});
  for (int round = 0; round < kMostRounds && (round < kFewestRounds || core::now_ns() < stop_ns); ++round) {
    std::shuffle(order.begin(), order.end(), random);
    for (const size_t i : order) probes[i].samples.push_back(probes[i].burst(pool));
  }
}

int64_t number_in(const std::string& path, const std::string& key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(key, 0) != 0) continue;
    char* end = nullptr;
    const int64_t value = std::strtoll(line.c_str() + key.size(), &end, 10);
    if (end != line.c_str() + key.size()) return value;
  }
  return 0;
}

/// Half of what the system says is free, and a quarter of what a container may have at all.
int64_t free_bytes() {
  int64_t bytes = number_in("/proc/meminfo", "MemAvailable:") * 1024 / 2;
  if (bytes == 0) bytes = int64_t{1} << 30;  // another system: assume that 2 GiB are free
  for (const char* path : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    if (const int64_t limit = number_in(path, ""); limit > 0) bytes = std::min(bytes, limit / 4);
  }
  return bytes;
}

std::vector<ArithmeticKernel> chosen_kernels(bool full) {
  std::vector<ArithmeticKernel> kernels = arithmetic_kernels();
  if (full) return kernels;
  const auto isas = backends::cpu::supported_isas();  // the second best too: some processors lower their clock for the best
  const auto late = [&](const ArithmeticKernel& k) {
    return std::find(isas.begin() + std::min<int64_t>(2, std::ssize(isas)), isas.end(), k.isa) != isas.end();
  };
  std::erase_if(kernels, late);
  return kernels;
}

std::vector<MemoryPattern> chosen_patterns(bool full, int64_t bytes) {
  std::vector<MemoryPattern> patterns = memory_patterns("");
  if (!full && bytes < kLargeSet) std::erase_if(patterns, [](const MemoryPattern& p) { return std::string_view(p.name) == "non_temporal_triad"; });
  return patterns;
}

/// Everything about one thread count.
class Bench {
 public:
  Bench(int threads, const MeasureOptions& options, double seconds, Ceilings& out)
      : threads_(threads), options_(options), seconds_(seconds), out_(out), cpus_(core::allowed_cpus()) {
    cpus_.resize(static_cast<size_t>(threads));
    windows_ = level_windows(data_caches(cpus_), cpus_, free_bytes());
  }

  void run() {
    with_pinned_threads(cpus_, [&](core::ThreadPool& pool) {
      std::vector<Probe> probes;
      for (const ArithmeticKernel& kernel : kernels_) probes.push_back({[&kernel](core::ThreadPool& p) { return arithmetic_burst(p, kernel, kArithmeticUs); }});
      const std::vector<int64_t> sizes = sweep_sizes(windows_, options_.full);
      const std::vector<Pages> memory = touched_pages(pool, sizes.empty() ? kSmallestSet : sizes.back());
      for (const int64_t bytes : sizes) {
        for (const MemoryPattern& pattern : chosen_patterns(options_.full, bytes)) sets_.push_back({pattern, bytes, MemoryBurst(pattern, bytes, threads_)});
      }
      for (Set& set : sets_) {
        const int us = set.bytes < kLargeSet ? kCacheUs : kMemoryUs;
        probes.push_back({[&set, &memory, us](core::ThreadPool& p) { return set.burst.run(p, memory, us); }});
      }
      run_rounds(pool, probes, seconds_);
      collect(probes);
    });
  }

 private:
  struct Set {
    MemoryPattern pattern;
    int64_t bytes;  ///< per thread, as asked for
    MemoryBurst burst;
  };

  void collect(const std::vector<Probe>& probes) {
    for (size_t i = 0; i < kernels_.size(); ++i) {
      const auto& [burst, samples] = probes[i];
      out_.peaks.push_back({kernels_[i].isa, number_type_name(kernels_[i].type), kernels_[i].instruction, threads_, statistics::quantile(samples, kUpper),
                            statistics::median(samples)});
    }
    std::vector<Bandwidth> points;
    for (size_t i = 0; i < sets_.size(); ++i) {
      const auto& samples = probes[kernels_.size() + i].samples;
      points.push_back({"", sets_[i].pattern.name, threads_, sets_[i].bytes, statistics::quantile(samples, kUpper), statistics::median(samples)});
    }
    for (const LevelWindow& window : windows_) add_level(window, points);
    if (options_.full) out_.sweep.insert(out_.sweep.end(), points.begin(), points.end());
  }

  /// Of each pattern the best working set within the level.
  void add_level(const LevelWindow& window, const std::vector<Bandwidth>& points) {
    if (window.capacity > 0) out_.capacities.push_back({window.name, threads_, window.capacity * threads_});
    if (!window.missing.empty()) {
      out_.missing.push_back({fmt::format("bandwidth of {}, {} thread{}", window.name, threads_, threads_ == 1 ? "" : "s"), window.missing});
      return;
    }
    for (const MemoryPattern& pattern : memory_patterns("")) {
      const Bandwidth* best = nullptr;
      for (const Bandwidth& point : points) {
        const bool within = point.bytes_per_thread >= window.low && point.bytes_per_thread <= window.high;
        if (within && point.pattern == pattern.name && (best == nullptr || point.gbs > best->gbs)) best = &point;
      }
      if (best == nullptr) continue;
      out_.levels.push_back(*best);
      out_.levels.back().level = window.name;
    }
  }

  int threads_;
  const MeasureOptions& options_;
  double seconds_;
  Ceilings& out_;
  std::vector<int> cpus_;
  std::vector<LevelWindow> windows_;
  std::vector<ArithmeticKernel> kernels_ = chosen_kernels(options_.full);
  std::vector<Set> sets_;
};

void add_latencies(const std::vector<int>& cpus, Ceilings& out) {
  for (const auto& [first, second] : cpu_pairs(cpus, out.full ? kMostPairs : 1)) {
    const std::vector<double> times = core_to_core_ns(first, second, kLatencyBatches);
    if (times.empty()) continue;
    out.latencies.push_back({first, second, statistics::quantile(times, kLower), statistics::median(times)});
  }
  if (out.latencies.empty()) {
    out.missing.push_back({"core to core", cpus.size() < 2 ? "only one CPU is used" : "the two CPUs did not run at the same time"});
  }
}

void add_missing_types(Ceilings& out) {
  for (const NumberType type : {NumberType::kBfloat16, NumberType::kInt8}) {
    const char* const name = number_type_name(type);
    if (std::any_of(out.peaks.begin(), out.peaks.end(), [&](const Peak& p) { return p.type == name; })) continue;
    out.missing.push_back({fmt::format("{} arithmetic", name), "this processor has no instruction for it that trainmark knows"});
  }
}

}  // namespace

std::vector<int> usual_thread_counts(int cpus) {
  std::vector<int> counts;
  for (int count = 1; count < cpus; count *= 2) counts.push_back(count);
  counts.push_back(cpus);
  return counts;
}

std::vector<int64_t> sweep_sizes(const std::vector<LevelWindow>& windows, bool full) {
  std::vector<int64_t> sizes;
  for (const LevelWindow& window : windows) {
    if (!window.missing.empty()) continue;
    const bool memory = window.capacity == 0;
    sizes.push_back(memory ? window.low : static_cast<int64_t>(std::sqrt(static_cast<double>(window.low) * static_cast<double>(window.high))));
  }
  if (full && !sizes.empty()) {
    const int64_t largest = sizes.back();
    for (double size = static_cast<double>(kSmallestSet); size < static_cast<double>(largest); size *= std::sqrt(2.0)) {
      sizes.push_back(std::llround(size / 1024) * 1024);
    }
  }
  std::sort(sizes.begin(), sizes.end());
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  return sizes;
}

Ceilings measure(const MeasureOptions& options) {
  const int64_t begin_ns = core::now_ns();
  Ceilings ceilings;
  ceilings.full = options.full;
  ceilings.measured_wall_ns = core::wall_clock_ns();
  const auto counts = static_cast<double>(options.threads.size());
  const double whole = options.seconds > 0 ? options.seconds : options.full ? kFullSeconds : kShortSeconds * counts;
  int most = 1;
  for (const int threads : options.threads) {
    if (options.on_progress) options.on_progress(threads);
    Bench(threads, options, whole / counts, ceilings).run();
    most = std::max(most, threads);
  }
  auto cpus = core::allowed_cpus();
  cpus.resize(static_cast<size_t>(most));
  add_latencies(cpus, ceilings);
  add_missing_types(ceilings);
  ceilings.elapsed_s = static_cast<double>(core::now_ns() - begin_ns) * 1e-9;
  return ceilings;
}

}  // namespace trainmark::ceilings
