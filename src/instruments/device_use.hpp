// How busy devices were between two moments: NVML's share of time with a kernel running, which is not how much of the device computes.
//
// The driver gives the share over its last 1/6 to 1 s; it is asked every 100 ms on a thread of its own, and once at the end. What is
// asked in the first sixth of a second is left out where there is more, since it tells of the time before.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "instruments/nvml.hpp"
#include "instruments/sampler.hpp"

namespace trainmark::instruments {

class DeviceUse {
 public:
  explicit DeviceUse(const Nvml& nvml);
  DeviceUse(const DeviceUse&) = delete;
  DeviceUse& operator=(const DeviceUse&) = delete;

  void begin();
  /// The mean share of each device, 0 to 1; nothing where the driver does not tell. After begin().
  std::vector<std::optional<double>> end();

 private:
  struct Sum {
    double total = 0;
    int64_t count = 0;
  };
  void look();

  const Nvml& nvml_;
  std::mutex mutex_;
  std::vector<Sum> sums_;  // of each device
  int64_t begin_ns_ = 0;
  std::unique_ptr<Sampler> sampler_;
};

}  // namespace trainmark::instruments
