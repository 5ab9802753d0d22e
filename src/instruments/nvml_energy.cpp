#include "instruments/nvml_energy.hpp"

#include <fmt/format.h>

namespace trainmark::instruments {

EnergySources nvml_sources(const Nvml& nvml) {
  EnergySources found;
  for (int64_t device = 0; device < nvml.device_count(); ++device) {
    EnergySource source;
    source.name = fmt::format("GPU {}", nvml.index(device));
    source.domain = EnergyDomain::kDevice;
    source.device = device;
    if (const auto limit = nvml.power_limit_mw(device); limit && *limit > 0) source.limit_w = static_cast<double>(*limit) * 1e-3;
    if (!nvml.total_energy_mj(device) && nvml.power_mw(device)) source.method = EnergyMethod::kPower;
    const bool power = source.method == EnergyMethod::kPower;
    source.place = fmt::format("{} of {}", power ? "nvmlDeviceGetPowerUsage" : "nvmlDeviceGetTotalEnergyConsumption", source.name);
    source.read = [&nvml, device, power]() -> core::Result<int64_t> {
      const auto value = power ? nvml.power_mw(device) : nvml.total_energy_mj(device);
      if (!value) return value.error();
      return *value * 1000;
    };
    found.sources.push_back(std::move(source));
  }
  if (nvml.device_count() == 0) found.missing.push_back({"NVML", "NVIDIA's driver shows no device", ""});
  return found;
}

}  // namespace trainmark::instruments
