// The processor: model, cores, caches, flags of instruction sets, governor.
#include <cstdlib>
#include <filesystem>
#include <set>
#include <sstream>

#include "core/affinity.hpp"
#include "trial/environment.hpp"
#include "trial/system_files.hpp"

namespace trainmark::trial {
namespace {

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

/// Numbers in "0-3,8".
int64_t cpus_in_list(const std::string& text) {
  int64_t count = 0;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    const auto dash = part.find('-');
    count += dash == std::string::npos ? 1 : std::atoll(part.c_str() + dash + 1) - std::atoll(part.c_str()) + 1;
  }
  return count;
}

core::Json caches() {
  core::Json found = core::Json::array();
  for (int index = 0; index < 10; ++index) {
    const std::string base = "/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(index);
    const std::string size = first_line(base + "/size");
    if (size.empty()) break;
    found.push_back({{"level", std::atoi(first_line(base + "/level").c_str())},
                     {"type", first_line(base + "/type")},
                     {"bytes", size_bytes(size)},
                     {"shared_by", cpus_in_list(first_line(base + "/shared_cpu_list"))}});
  }
  return found;
}

/// "name : value" lines of /proc/cpuinfo, the first of each name.
std::string value_of(const std::string& line) {
  const auto colon = line.find(':');
  return colon == std::string::npos || colon + 2 > line.size() ? "" : line.substr(colon + 2);
}

}  // namespace

core::Json describe_cpu() {
  core::Json cpu = {{"model", nullptr}, {"microcode", nullptr}, {"flags", core::Json::array()}, {"caches", caches()}, {"allowed", core::allowed_cpus()}};
  int threads = 0;
  std::set<std::string> sockets, cores;
  std::string socket;
  for (const auto& line : lines_of("/proc/cpuinfo")) {
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
  const std::string governor = first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
  cpu["governor"] = governor.empty() ? core::Json() : core::Json(governor);
  return cpu;
}

}  // namespace trainmark::trial
