// One function per warning; each says what is so, what it does to times, and what would help.
#include "analysis/environment_warnings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "analysis/stored.hpp"

namespace trainmark::analysis {
namespace {

using core::Json;

constexpr double kSwapInUse_bytes = 16 << 20;  // every system has some pages there that nobody misses
constexpr double kBusyShare = 0.5;             // of the allowed CPUs, over the last minute

std::vector<int> numbers_of(const Json& list) {
  std::vector<int> numbers;
  for (const Json& n : list) {
    if (n.is_number_integer()) numbers.push_back(n.get<int>());
  }
  return numbers;
}

std::string governor(const Json& cpu) {
  std::vector<std::string> slow;
  for (const Json& g : member_in(cpu, "governors")) {
    if (g.is_string() && g != "performance") slow.push_back(g.get<std::string>());
  }
  if (slow.empty()) return "";
  return fmt::format("the frequency governor is {}, so that clocks rise and fall with the load; 'sudo cpupower frequency-set -g performance' keeps them up",
                     fmt::join(slow, " and "));
}

std::string turbo(const Json& cpu) {
  if (!flag_in(cpu, "turbo")) return "";
  return "turbo is on: frequencies depend on temperature and on how many cores are busy; times are steadier, and longer, without it";
}

std::string swap(const Json& memory) {
  const auto used = number_in(memory, "swap_used_bytes");
  if (!used || *used < kSwapInUse_bytes) return "";
  return fmt::format("{:.0f} MiB of swap are in use: pages that come back from there take milliseconds; free memory before measuring", *used / (1 << 20));
}

std::string cpu_limit(const Json& system, int threads) {
  const auto cpus = number_in(member_in(system, "limits"), "cpus");
  if (!cpus || *cpus >= threads) return "";
  return fmt::format("the container may use {:.3g} CPUs, but {} threads were asked for: they are stopped for a part of every period; use --threads {:.0f}",
                     *cpus, threads, std::max(1.0, std::floor(*cpus)));
}

std::string shared_cores(const Json& cpu, int threads) {
  auto chosen = numbers_of(member_in(cpu, "allowed"));
  chosen.resize(std::min(chosen.size(), static_cast<size_t>(std::max(0, threads))));
  std::vector<std::string> pairs;
  for (const Json& group : member_in(cpu, "siblings")) {
    std::vector<int> together;
    for (const int n : numbers_of(group)) {
      if (std::find(chosen.begin(), chosen.end(), n) != chosen.end()) together.push_back(n);
    }
    if (together.size() > 1) pairs.push_back(fmt::format("{}", fmt::join(together, " and ")));
  }
  if (pairs.empty()) return "";
  const std::string more = pairs.size() > 4 ? fmt::format(" and {} more", pairs.size() - 4) : "";
  if (pairs.size() > 4) pairs.resize(4);
  return fmt::format("some of the CPUs used are hyperthreads of one core and share its units ({}{}); fewer threads, or 'taskset', give each a core of its own",
                     fmt::join(pairs, ", "), more);
}

std::string debug_build(const Json& build) {
  const std::string type = text_in(build, "type"), flags = text_in(build, "flags");
  const bool sanitised = flags.find("-fsanitize") != std::string::npos;
  const bool known = type == "Release" || type == "RelWithDebInfo" || type == "MinSizeRel";
  if ((known && !sanitised) || build.empty()) return "";
  return fmt::format("trainmark itself was built {}, so that times of its own engines mean nothing; './dev build' makes a release build",
                     sanitised ? "with sanitizers" : fmt::format("as '{}'", type.empty() ? "Debug" : type));
}

std::string other_load(const Json& system, const Json& cpu) {
  const auto running = number_in(system, "running"), minute = number_in(system, "load_1_minute");
  const auto cpus = static_cast<double>(std::max<size_t>(1, member_in(cpu, "allowed").size()));
  if (running && *running >= 1) {
    return fmt::format("{:.0f} other {} running when the run began (load of the last minute {:.2f}); they take time from what is measured", *running,
                       *running == 1 ? "process was" : "processes were", minute.value_or(0));
  }
  if (!minute || *minute < kBusyShare * cpus) return "";
  return fmt::format("the load of the last minute before the run was {:.2f} on {:.0f} CPUs: something else had been running", *minute, cpus);
}

}  // namespace

std::vector<std::string> environment_warnings(const Json& environment, int threads) {
  const Json &cpu = member_in(environment, "cpu"), &system = member_in(environment, "system");
  std::vector<std::string> warnings = {governor(cpu),
                                       turbo(cpu),
                                       swap(member_in(environment, "memory")),
                                       cpu_limit(system, threads),
                                       shared_cores(cpu, threads),
                                       debug_build(member_in(environment, "build")),
                                       other_load(system, cpu)};
  std::erase(warnings, "");
  return warnings;
}

}  // namespace trainmark::analysis
