#include "trial/thread_use.hpp"

#include <algorithm>
#include <functional>
#include <vector>

#include "core/clock.hpp"

namespace trainmark::trial {
namespace {
constexpr size_t kMostThreads = 256;  // in the record; frameworks start some per CPU, most of which sleep
}

void add_block(ThreadUse& use, const std::map<pid_t, int64_t>& before, const std::map<pid_t, int64_t>& after, int64_t elapsed_ns) {
  use.elapsed_ns += elapsed_ns;
  for (const auto& [thread, ns] : after) {
    const auto known = before.find(thread);
    use.cpu_ns[thread] += std::max<int64_t>(0, ns - (known == before.end() ? 0 : known->second));
  }
}

ReadingRecord thread_reading(const TrialRecord& trial, const ThreadUse& use) {
  std::vector<int64_t> cpu_ns;
  for (const auto& [thread, ns] : use.cpu_ns) {
    if (ns > 0) cpu_ns.push_back(ns);
  }
  std::sort(cpu_ns.begin(), cpu_ns.end(), std::greater<>());
  if (cpu_ns.size() > kMostThreads) cpu_ns.resize(kMostThreads);
  ReadingRecord record;
  record.run_id = trial.run_id;
  record.trial_id = trial.id;
  record.kind = kThreadReading;
  record.taken_wall_ns = core::wall_clock_ns();
  record.figures = {{"threads_asked", trial.threads}, {"elapsed_ns", use.elapsed_ns}, {"thread_cpu_ns", cpu_ns}};
  return record;
}

}  // namespace trainmark::trial
