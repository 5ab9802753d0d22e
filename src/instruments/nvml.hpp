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

  /// Device memory that the processes hold together on all devices, in bytes. Nothing when the driver lists none of them: they use no
  /// device, or we are in a container whose process numbers are not the host's. A few hundred microseconds a device.
  std::optional<int64_t> bytes_of(std::span<const pid_t> processes) const;

 private:
  using ListProcesses = int(nvmlDevice_st*, unsigned* count, NvmlProcess*);
  std::vector<nvmlDevice_st*> devices_;
  ListProcesses* compute_processes_ = nullptr;
};

}  // namespace trainmark::instruments
