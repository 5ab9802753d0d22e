// NVIDIA's management library (NVML), opened at run time: what the driver itself knows of the devices and of who uses them.
//
// The declarations are ours: the library's own header is not needed to build. Source: NVML API Reference Guide.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"

struct nvmlDevice_st;  // the library's own name: an opaque handle

namespace trainmark::instruments {

/// What the driver writes of one process on one device; the layout of nvmlProcessInfo_t since its second version.
struct NvmlProcess {
  unsigned pid = 0;
  unsigned long long used_bytes = 0;  // all bits set: not available
  unsigned gpu_instance = 0, compute_instance = 0;
};

class Nvml {
 public:
  static constexpr const char* kLibrary = "libnvidia-ml.so.1";

  /// Opens and starts the library. Errors (kUnavailable): not there, too old, or it does not start; its code is told.
  static core::Result<Nvml> open(const std::string& library = kLibrary);

  int64_t device_count() const { return static_cast<int64_t>(devices_.size()); }

  // Of one device, by its place in 0 to device_count() - 1. Errors (kUnavailable): the driver or the device does not tell; sentences
  // name the function and its code. nvml_device.cpp
  int64_t index(int64_t device) const { return indices_[static_cast<size_t>(device)]; }  ///< the driver's own number of it
  core::Result<std::string> name(int64_t device) const;
  core::Result<int64_t> total_energy_mj(int64_t device) const;   ///< since the driver was loaded; from Volta on
  core::Result<int64_t> power_mw(int64_t device) const;          ///< now, or averaged over the last second, by the device
  core::Result<int64_t> power_limit_mw(int64_t device) const;    ///< that is enforced
  core::Result<double> kernel_time_share(int64_t device) const;  ///< share of time with a kernel running, over the last 1/6 to 1 s
  core::Result<int64_t> memory_bytes(int64_t device) const;      ///< all that it has
  core::Result<std::string> driver_version() const;
  /// The devices on which the driver lists one of the processes.
  std::vector<int64_t> devices_of(std::span<const pid_t> processes) const;

  /// Device memory that the processes hold together on all devices, in bytes. Nothing when the driver lists none of them: they use no
  /// device, or we are in a container whose process numbers are not the host's. A few hundred microseconds a device.
  std::optional<int64_t> bytes_of(std::span<const pid_t> processes) const;

 private:
  using ListProcesses = int(nvmlDevice_st*, unsigned* count, NvmlProcess*);
  std::vector<NvmlProcess> processes_on(nvmlDevice_st* device) const;
  void* library_ = nullptr;
  std::vector<nvmlDevice_st*> devices_;
  std::vector<int64_t> indices_;
  ListProcesses* compute_processes_ = nullptr;
};

}  // namespace trainmark::instruments
