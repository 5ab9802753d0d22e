#include "instruments/device_use.hpp"

#include "core/clock.hpp"

namespace trainmark::instruments {
namespace {

constexpr int64_t kEvery_ns = 100'000'000;
constexpr int64_t kShortestPeriod_ns = 1'000'000'000 / 6;  // of the driver: nvmlDeviceGetUtilizationRates

}  // namespace

DeviceUse::DeviceUse(const Nvml& nvml) : nvml_(nvml), sums_(static_cast<size_t>(nvml.device_count())) {}

void DeviceUse::look() {
  const std::lock_guard lock(mutex_);
  for (size_t device = 0; device < sums_.size(); ++device) {
    const auto share = nvml_.kernel_time_share(static_cast<int64_t>(device));
    if (!share) continue;
    sums_[device].total += *share;
    ++sums_[device].count;
  }
}

void DeviceUse::begin() {
  sums_.assign(sums_.size(), {});
  begin_ns_ = core::now_ns();
  sampler_ = std::make_unique<Sampler>(kEvery_ns, [this] {
    if (core::now_ns() - begin_ns_ >= kShortestPeriod_ns) look();
  });
}

std::vector<std::optional<double>> DeviceUse::end() {
  sampler_.reset();
  look();
  std::vector<std::optional<double>> shares;
  for (const Sum& sum : sums_) shares.push_back(sum.count > 0 ? std::optional(sum.total / static_cast<double>(sum.count)) : std::nullopt);
  return shares;
}

}  // namespace trainmark::instruments
