// What NVML tells of one device. Functions are looked up when they are called: older drivers lack some, and a lookup takes less than a
// microsecond where the call itself takes tens to thousands.
#include <dlfcn.h>
#include <fmt/format.h>

#include <array>

#include "instruments/nvml.hpp"

namespace trainmark::instruments {
namespace {

using core::Error;
using core::Result;
using core::unavailable;

constexpr int kSuccess = 0;

/// What a code of nvmlReturn_t means, for the ones that are met.
const char* meaning(int code) {
  switch (code) {
    case 3:
      return "not supported by this device";
    case 4:
      return "not permitted";
    case 15:
      return "the GPU has fallen off the bus";
    default:
      return "see nvmlReturn_t";
  }
}

/// Calls the function; nothing when it went well.
template <class... Arguments>
std::optional<Error> call(void* library, const char* name, Arguments... arguments) {
  auto* const function = reinterpret_cast<int (*)(Arguments...)>(::dlsym(library, name));
  if (function == nullptr) return unavailable(fmt::format("NVIDIA's driver is too old for {}", name));
  const int code = function(arguments...);
  if (code == kSuccess) return std::nullopt;
  return unavailable(fmt::format("{} gives error {} ({})", name, code, meaning(code)));
}

struct Utilisation {
  unsigned gpu = 0, memory = 0;  // per cent; nvmlUtilization_t
};

struct Memory {
  unsigned long long total = 0, free = 0, used = 0;  // bytes; nvmlMemory_t
};

}  // namespace

Result<std::string> Nvml::name(int64_t device) const {
  std::array<char, 97> text{};
  if (auto error = call(library_, "nvmlDeviceGetName", devices_[static_cast<size_t>(device)], text.data(), 96U)) return *error;
  return std::string(text.data());
}

Result<int64_t> Nvml::total_energy_mj(int64_t device) const {
  unsigned long long millijoules = 0;
  if (auto error = call(library_, "nvmlDeviceGetTotalEnergyConsumption", devices_[static_cast<size_t>(device)], &millijoules)) return *error;
  return static_cast<int64_t>(millijoules);
}

Result<int64_t> Nvml::power_mw(int64_t device) const {
  unsigned milliwatts = 0;
  if (auto error = call(library_, "nvmlDeviceGetPowerUsage", devices_[static_cast<size_t>(device)], &milliwatts)) return *error;
  return static_cast<int64_t>(milliwatts);
}

Result<int64_t> Nvml::power_limit_mw(int64_t device) const {
  unsigned milliwatts = 0;
  if (auto error = call(library_, "nvmlDeviceGetEnforcedPowerLimit", devices_[static_cast<size_t>(device)], &milliwatts)) return *error;
  return static_cast<int64_t>(milliwatts);
}

Result<double> Nvml::kernel_time_share(int64_t device) const {
  Utilisation utilisation;
  if (auto error = call(library_, "nvmlDeviceGetUtilizationRates", devices_[static_cast<size_t>(device)], &utilisation)) return *error;
  return utilisation.gpu / 100.0;
}

Result<int64_t> Nvml::memory_bytes(int64_t device) const {
  Memory memory;
  if (auto error = call(library_, "nvmlDeviceGetMemoryInfo", devices_[static_cast<size_t>(device)], &memory)) return *error;
  return static_cast<int64_t>(memory.total);
}

Result<std::string> Nvml::driver_version() const {
  std::array<char, 81> text{};
  if (auto error = call(library_, "nvmlSystemGetDriverVersion", text.data(), 80U)) return *error;
  return std::string(text.data());
}

}  // namespace trainmark::instruments
