// One line, one counter: the first thread makes it odd, the second even. Both only wait for the other, without pauses, which would be
// measured too.
#include "ceilings/latency.hpp"

#include <atomic>
#include <thread>

#include "ceilings/pinned.hpp"
#include "core/clock.hpp"

namespace trainmark::ceilings {
namespace {

constexpr int64_t kTrips = 500;  // of a batch: 50 to 150 us
constexpr int64_t kLongestNs = 200'000'000;

struct alignas(128) Line {
  std::atomic<int64_t> value{0};
};

}  // namespace

std::vector<double> core_to_core_ns(int first_cpu, int second_cpu, int batches) {
  Line line;
  std::atomic<bool> stop{false};
  std::vector<double> times;
  std::thread answering([&] {
    pin_to(second_cpu);
    for (int64_t next = 1; !stop.load(std::memory_order_relaxed); next += 2) {
      while (line.value.load(std::memory_order_acquire) != next) {
        if (stop.load(std::memory_order_relaxed)) return;
      }
      line.value.store(next + 1, std::memory_order_release);
    }
  });
  std::thread asking([&] {
    pin_to(first_cpu);
    const int64_t begun_ns = core::now_ns();
    int64_t next = 1;
    const auto trip = [&] {
      line.value.store(next, std::memory_order_release);
      while (line.value.load(std::memory_order_acquire) != next + 1) {
      }
      next += 2;
    };
    for (int i = 0; i < kTrips; ++i) trip();  // until both are awake
    while (static_cast<int>(times.size()) < batches && core::now_ns() - begun_ns < kLongestNs) {
      const int64_t start_ns = core::now_ns();
      for (int i = 0; i < kTrips; ++i) trip();
      times.push_back(static_cast<double>(core::now_ns() - start_ns) / static_cast<double>(2 * kTrips));
    }
    stop.store(true);
  });
  asking.join();
  answering.join();
  return times;
}

std::vector<std::pair<int, int>> cpu_pairs(const std::vector<int>& cpus, size_t most) {
  std::vector<std::pair<int, int>> pairs;
  const bool all = cpus.size() * (cpus.size() - 1) / 2 <= most;
  for (size_t i = 0; i < cpus.size(); ++i) {
    for (size_t j = i + 1; j < cpus.size() && pairs.size() < most; ++j) pairs.emplace_back(cpus[i], cpus[j]);
    if (!all) break;
  }
  return pairs;
}

}  // namespace trainmark::ceilings
