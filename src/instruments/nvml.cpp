#include "instruments/nvml.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>

namespace trainmark::instruments {
namespace {

using core::Result;
using core::unavailable;

constexpr int kSuccess = 0, kInsufficientSize = 7;   // nvmlReturn_t
constexpr unsigned long long kNotAvailable = ~0ULL;  // NVML_VALUE_NOT_AVAILABLE

template <class F>
F* find(void* library, const char* name) {
  return reinterpret_cast<F*>(::dlsym(library, name));
}

}  // namespace

Result<Nvml> Nvml::open(const std::string& library) {
  void* const opened = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);  // never closed: drivers do not like it
  if (opened == nullptr) return unavailable(fmt::format("there is no NVIDIA driver here (no {})", library));
  auto* const init = find<int()>(opened, "nvmlInit_v2");
  auto* const get_count = find<int(unsigned*)>(opened, "nvmlDeviceGetCount_v2");
  auto* const get_device = find<int(unsigned, nvmlDevice_st**)>(opened, "nvmlDeviceGetHandleByIndex_v2");
  Nvml nvml;
  nvml.library_ = opened;
  nvml.compute_processes_ = find<ListProcesses>(opened, "nvmlDeviceGetComputeRunningProcesses_v3");
  if (nvml.compute_processes_ == nullptr) nvml.compute_processes_ = find<ListProcesses>(opened, "nvmlDeviceGetComputeRunningProcesses_v2");
  if (init == nullptr || get_count == nullptr || get_device == nullptr || nvml.compute_processes_ == nullptr) {
    return unavailable(fmt::format("NVIDIA's library {} lacks functions that trainmark needs; a driver from 450 on has them", library));
  }
  if (const int code = init(); code != kSuccess) return unavailable(fmt::format("NVIDIA's library {} does not start: nvmlInit gives error {}", library, code));
  unsigned count = 0;
  if (const int code = get_count(&count); code != kSuccess) {
    return unavailable(fmt::format("NVIDIA's library {} does not count its devices: error {}", library, code));
  }
  for (unsigned i = 0; i < count; ++i) {
    nvmlDevice_st* device = nullptr;
    if (get_device(i, &device) != kSuccess) continue;  // one that we may not see holds none of our processes
    nvml.devices_.push_back(device);
    nvml.indices_.push_back(i);
  }
  return nvml;
}

std::vector<NvmlProcess> Nvml::processes_on(nvmlDevice_st* device) const {
  std::vector<NvmlProcess> list(64);
  auto count = static_cast<unsigned>(list.size());
  int code = compute_processes_(device, &count, list.data());
  while (code == kInsufficientSize) {  // `count` says how many there are; more may come meanwhile
    list.resize(std::max<size_t>(count, list.size()) + 16);
    count = static_cast<unsigned>(list.size());
    code = compute_processes_(device, &count, list.data());
  }
  list.resize(code == kSuccess ? std::min<size_t>(count, list.size()) : 0);
  return list;
}

std::optional<int64_t> Nvml::bytes_of(std::span<const pid_t> processes) const {
  std::optional<int64_t> sum;
  for (nvmlDevice_st* const device : devices_) {
    for (const NvmlProcess& process : processes_on(device)) {
      if (process.used_bytes == kNotAvailable) continue;
      if (std::find(processes.begin(), processes.end(), static_cast<pid_t>(process.pid)) == processes.end()) continue;
      sum = sum.value_or(0) + static_cast<int64_t>(process.used_bytes);
    }
  }
  return sum;
}

std::vector<int64_t> Nvml::devices_of(std::span<const pid_t> processes) const {
  std::vector<int64_t> found;
  for (size_t d = 0; d < devices_.size(); ++d) {
    const auto list = processes_on(devices_[d]);
    const bool ours = std::any_of(list.begin(), list.end(), [&](const NvmlProcess& process) {
      return std::find(processes.begin(), processes.end(), static_cast<pid_t>(process.pid)) != processes.end();
    });
    if (ours) found.push_back(static_cast<int64_t>(d));
  }
  return found;
}

}  // namespace trainmark::instruments
