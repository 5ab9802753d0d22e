// CPU sets by sched_setaffinity; elsewhere than on Linux every CPU is allowed and cannot be chosen.
#include "core/affinity.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cerrno>
#include <cstring>
#include <thread>

#if defined(__linux__)
#include <sched.h>
#endif

namespace trainmark::core {

std::vector<int> allowed_cpus() {
  std::vector<int> cpus;
#if defined(__linux__)
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
    }
  }
#endif
  if (cpus.empty()) {
    for (unsigned cpu = 0; cpu < std::max(1u, std::thread::hardware_concurrency()); ++cpu) cpus.push_back(static_cast<int>(cpu));
  }
  return cpus;
}

Result<void> set_allowed_cpus(const std::vector<int>& cpus) {
#if defined(__linux__)
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int cpu : cpus) CPU_SET(cpu, &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0) return tool_error(fmt::format("cannot bind to the CPUs {}: {}", fmt::join(cpus, ","), std::strerror(errno)));
  return {};
#else
  (void)cpus;
  return unavailable("this operating system does not let a process choose its CPUs");
#endif
}

}  // namespace trainmark::core
