// The processor: model, cores and their kinds, caches, flags of instruction sets, governor, turbo.
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>

#include "core/affinity.hpp"
#include "instruments/system_files.hpp"
#include "trial/environment.hpp"

namespace trainmark::trial {
namespace {

namespace fs = std::filesystem;

/// The flags that change how fast a network trains; the other hundred do not belong into every record.
const std::set<std::string>& interesting_flags() {
  static const std::set<std::string> flags = {"sse2",        "sse4_1",   "sse4_2",   "avx",      "avx2",       "fma",      "f16c",        "bmi2",
                                              "avx_vnni",    "avx512f",  "avx512bw", "avx512dq", "avx512vl",   "avx512cd", "avx512_vnni", "avx512_bf16",
                                              "avx512_fp16", "amx_tile", "amx_bf16", "amx_int8", "hypervisor", "asimd",    "asimdhp",     "asimddp",
                                              "sve",         "sve2",     "bf16",     "i8mm",     "sme"};
  return flags;
}

/// "48K" or "2M" in bytes.
int64_t size_bytes(const std::string& text) {
  char* end = nullptr;
  const int64_t value = std::strtoll(text.c_str(), &end, 10);
  return *end == 'K' ? value << 10 : *end == 'M' ? value << 20 : *end == 'G' ? value << 30 : value;
}

fs::path cpu_folder(const fs::path& root, int cpu) { return root / "sys/devices/system/cpu" / fmt::format("cpu{}", cpu); }

core::Json caches(const fs::path& root) {
  core::Json found = core::Json::array();
  for (int index = 0; index < 10; ++index) {
    const fs::path base = cpu_folder(root, 0) / "cache" / fmt::format("index{}", index);
    const std::string size = instruments::first_line(base / "size");
    if (size.empty()) break;
    found.push_back({{"level", std::atoi(instruments::first_line(base / "level").c_str())},
                     {"type", instruments::first_line(base / "type")},
                     {"bytes", size_bytes(size)},
                     {"shared_by", instruments::numbers_in_list(instruments::first_line(base / "shared_cpu_list")).size()}});
  }
  return found;
}

/// CPUs by kind of core: Intel's hybrid processors list them; ARM's tell a capacity, the largest being the performance cores'. Null where
/// all are alike.
void add_kinds_of_cores(core::Json& cpu, const fs::path& root, int threads) {
  cpu["performance_cpus"] = cpu["efficiency_cpus"] = nullptr;
  const auto performance = instruments::numbers_in_list(instruments::first_line(root / "sys/devices/cpu_core/cpus"));
  const auto efficiency = instruments::numbers_in_list(instruments::first_line(root / "sys/devices/cpu_atom/cpus"));
  if (!performance.empty() && !efficiency.empty()) {
    cpu["performance_cpus"] = performance;
    cpu["efficiency_cpus"] = efficiency;
    return;
  }
  std::map<int, std::vector<int>> by_capacity;
  for (int n = 0; n < threads; ++n) {
    const std::string capacity = instruments::first_line(cpu_folder(root, n) / "cpu_capacity");
    if (!capacity.empty()) by_capacity[std::atoi(capacity.c_str())].push_back(n);
  }
  if (by_capacity.size() < 2) return;
  cpu["performance_cpus"] = by_capacity.rbegin()->second;
  cpu["efficiency_cpus"] = core::Json::array();
  for (auto kind = by_capacity.begin(); std::next(kind) != by_capacity.end(); ++kind) {
    for (const int n : kind->second) cpu["efficiency_cpus"].push_back(n);
  }
}

/// Groups of CPUs that are threads of one core, where there are such.
core::Json siblings(const fs::path& root, int threads) {
  core::Json groups = core::Json::array();
  for (int n = 0; n < threads; ++n) {
    const auto group = instruments::numbers_in_list(instruments::first_line(cpu_folder(root, n) / "topology/thread_siblings_list"));
    if (group.size() > 1 && group.front() == n) groups.push_back(group);
  }
  return groups;
}

/// Every governor that some CPU has.
std::set<std::string> governors(const fs::path& root, int threads) {
  std::set<std::string> found;
  for (int n = 0; n < threads; ++n) {
    const std::string governor = instruments::first_line(cpu_folder(root, n) / "cpufreq/scaling_governor");
    if (!governor.empty()) found.insert(governor);
  }
  return found;
}

/// Whether clock frequencies above the nominal one are allowed; null where the system does not tell.
core::Json turbo(const fs::path& root) {
  const std::string without = instruments::first_line(root / "sys/devices/system/cpu/intel_pstate/no_turbo");
  if (!without.empty()) return without == "0";
  const std::string boost = instruments::first_line(root / "sys/devices/system/cpu/cpufreq/boost");
  if (!boost.empty()) return boost == "1";
  return nullptr;
}

/// "name : value" lines of /proc/cpuinfo, the first of each name.
std::string value_of(const std::string& line) {
  const auto colon = line.find(':');
  return colon == std::string::npos || colon + 2 > line.size() ? "" : line.substr(colon + 2);
}

}  // namespace

core::Json describe_cpu(const EnvironmentOptions& options) {
  const fs::path& root = options.root;
  core::Json cpu = {{"model", nullptr}, {"microcode", nullptr}, {"flags", core::Json::array()}, {"caches", caches(root)}};
  cpu["allowed"] = options.allowed_cpus.empty() ? core::allowed_cpus() : options.allowed_cpus;
  int threads = 0;
  std::set<std::string> sockets, cores;
  std::string socket;
  for (const auto& line : instruments::lines_of(root / "proc/cpuinfo")) {
    const auto is = [&](const char* name) { return line.rfind(name, 0) == 0; };
    if (is("processor")) ++threads;
    if (is("model name")) cpu["model"] = value_of(line);
    if (is("microcode")) cpu["microcode"] = value_of(line);
    if (is("physical id")) sockets.insert(socket = value_of(line));
    if (is("core id")) cores.insert(socket + "/" + value_of(line));
    if ((is("flags") || is("Features")) && cpu["flags"].empty()) {
      std::istringstream words(value_of(line));
      for (std::string word; words >> word;) {
        if (interesting_flags().count(word) > 0) cpu["flags"].push_back(word);
      }
    }
  }
  cpu["threads"] = threads;
  cpu["sockets"] = sockets.empty() ? core::Json() : core::Json(sockets.size());
  cpu["cores"] = cores.empty() ? core::Json() : core::Json(cores.size());
  const auto all_governors = governors(root, threads);
  cpu["governors"] = all_governors;
  cpu["governor"] = all_governors.size() == 1 ? core::Json(*all_governors.begin()) : core::Json();
  cpu["turbo"] = turbo(root);
  cpu["siblings"] = siblings(root, threads);
  add_kinds_of_cores(cpu, root, threads);
  return cpu;
}

}  // namespace trainmark::trial
