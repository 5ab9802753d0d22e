// A stand-in for NVIDIA's management library. The file named by STUB_NVML_FILE, read at every call, says what it shows, a line each:
//
//   devices N                     how many there are
//   process DEVICE PID BYTES      a process that holds memory; PID 'self' is the process that asks, BYTES '?' is "not available"
//   fail FUNCTION CODE            that function gives this error
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
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
