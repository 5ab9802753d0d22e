// A stand-in for NVIDIA's management library. The file named by STUB_NVML_FILE, read at every call, says what it shows, a line each:
//
//   devices N                     how many there are
//   process DEVICE PID BYTES      a process that holds memory; PID 'self' is the process that asks, BYTES '?' is "not available"
//   name DEVICE WORD              its name
//   driver VERSION                of the driver
//   draws DEVICE WATTS            its counter advances by the clock at this power
//   energy DEVICE MILLIJOULES     its counter stands there
//   power DEVICE MILLIWATTS       its power now
//   limit DEVICE MILLIWATTS       its enforced power limit
//   busy DEVICE PERCENT           share of time with a kernel running
//   memory DEVICE BYTES           all that it has
//   fail FUNCTION CODE            that function gives this error
//
// What is not said of a device is not supported (3).
#include <unistd.h>

#include <chrono>
#include <cstring>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace {

std::vector<std::vector<std::string>> lines() {
  std::vector<std::vector<std::string>> found;
  const char* const path = std::getenv("STUB_NVML_FILE");
  std::ifstream file(path == nullptr ? "" : path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    found.emplace_back();
    for (std::string word; words >> word;) found.back().push_back(word);
  }
  return found;
}

int failure_of(const std::string& function) {
  for (const auto& line : lines()) {
    if (line.size() == 3 && line[0] == "fail" && line[1] == function) return std::stoi(line[2]);
  }
  return 0;
}

constexpr int kNotSupported = 3;

/// The word behind "KEY DEVICE".
std::optional<std::string> said_of(const std::string& key, unsigned device) {
  for (const auto& line : lines()) {
    if (line.size() == 3 && line[0] == key && line[1] == std::to_string(device)) return line[2];
  }
  return std::nullopt;
}

template <class T>
int tell(const char* function, const std::optional<std::string>& word, T* value) {
  if (const int code = failure_of(function); code != 0) return code;
  if (!word) return kNotSupported;
  *value = static_cast<T>(std::stod(*word));
  return 0;
}

}  // namespace

struct nvmlDevice_st {
  unsigned index;
};

extern "C" {

int nvmlInit_v2() { return failure_of("nvmlInit"); }

int nvmlDeviceGetCount_v2(unsigned* count) {
  *count = 0;
  for (const auto& line : lines()) {
    if (line.size() == 2 && line[0] == "devices") *count = static_cast<unsigned>(std::stoul(line[1]));
  }
  return failure_of("nvmlDeviceGetCount");
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, nvmlDevice_st** device) {
  static nvmlDevice_st devices[16];
  devices[index % 16].index = index;
  *device = &devices[index % 16];
  return failure_of("nvmlDeviceGetHandleByIndex");
}

int nvmlDeviceGetName(nvmlDevice_st* device, char* text, unsigned length) {
  std::strncpy(text, said_of("name", device->index).value_or("Stub").c_str(), length);
  return failure_of("nvmlDeviceGetName");
}

int nvmlSystemGetDriverVersion(char* text, unsigned length) {
  for (const auto& line : lines()) {
    if (line.size() == 2 && line[0] == "driver") std::strncpy(text, line[1].c_str(), length);
  }
  return failure_of("nvmlSystemGetDriverVersion");
}

int nvmlDeviceGetTotalEnergyConsumption(nvmlDevice_st* device, unsigned long long* millijoules) {
  if (const auto watts = said_of("draws", device->index)) {
    const auto since = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch());
    *millijoules = static_cast<unsigned long long>(std::stod(*watts) * since.count());
    return failure_of("nvmlDeviceGetTotalEnergyConsumption");
  }
  return tell("nvmlDeviceGetTotalEnergyConsumption", said_of("energy", device->index), millijoules);
}

int nvmlDeviceGetPowerUsage(nvmlDevice_st* device, unsigned* milliwatts) {
  return tell("nvmlDeviceGetPowerUsage", said_of("power", device->index), milliwatts);
}

int nvmlDeviceGetEnforcedPowerLimit(nvmlDevice_st* device, unsigned* milliwatts) {
  return tell("nvmlDeviceGetEnforcedPowerLimit", said_of("limit", device->index), milliwatts);
}

struct Utilisation {
  unsigned gpu, memory;
};

int nvmlDeviceGetUtilizationRates(nvmlDevice_st* device, Utilisation* rates) {
  return tell("nvmlDeviceGetUtilizationRates", said_of("busy", device->index), &rates->gpu);
}

struct Memory {
  unsigned long long total, free, used;
};

int nvmlDeviceGetMemoryInfo(nvmlDevice_st* device, Memory* memory) { return tell("nvmlDeviceGetMemoryInfo", said_of("memory", device->index), &memory->total); }

struct ProcessInfo {
  unsigned pid;
  unsigned long long used_bytes;
  unsigned gpu_instance, compute_instance;
};

int nvmlDeviceGetComputeRunningProcesses_v3(nvmlDevice_st* device, unsigned* count, ProcessInfo* list) {
  if (const int code = failure_of("nvmlDeviceGetComputeRunningProcesses"); code != 0) return code;
  unsigned found = 0;
  for (const auto& line : lines()) {
    if (line.size() != 4 || line[0] != "process" || std::stoul(line[1]) != device->index) continue;
    if (found < *count) {
      list[found].pid = line[2] == "self" ? static_cast<unsigned>(getpid()) : static_cast<unsigned>(std::stoul(line[2]));
      list[found].used_bytes = line[3] == "?" ? ~0ULL : std::stoull(line[3]);
      list[found].gpu_instance = list[found].compute_instance = ~0U;
    }
    ++found;
  }
  const bool fits = found <= *count;
  *count = found;
  return fits ? 0 : 7;
}

}  // extern "C"
