// Where joules come from: one interface for the zones of powercap, NVIDIA's devices, and what may come later.
//
// A source is plain data and a function that reads it. Reading says what the machine says; nothing is summed, corrected or believed
// here. Differences are taken in energy_meter.hpp, and whether a source is believed is decided over a whole run (analysis/energy.hpp).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace trainmark::instruments {

/// What a source measures. Packages and their DRAM are summed; parts lie within a package and the whole platform holds all of them, so
/// that both are only shown.
enum class EnergyDomain { kPackage, kDram, kPart, kPlatform, kDevice };
std::string_view domain_name(EnergyDomain domain);  ///< "package", "dram", "part", "platform", "device"

/// Whether a reading is energy since some moment, or the power of the moment, which has to be integrated.
enum class EnergyMethod { kCounter, kPower };
std::string_view method_name(EnergyMethod method);  ///< "counter", "integrated power"

struct EnergySource {
  std::string name;  ///< unique within the machine: "package-0", "package-0/dram", "GPU 0"
  EnergyDomain domain = EnergyDomain::kPackage;
  EnergyMethod method = EnergyMethod::kCounter;
  std::string place;                            ///< file or function, for sentences
  std::string remedy;                           ///< of a source that is there and cannot be read; "" when nobody knows any
  int64_t range_uj = 0;                         ///< a counter begins at 0 again after this value; 0: it tells none
  std::optional<double> limit_w;                ///< the device's own limit of its power; none: it tells none
  int64_t device = -1;                          ///< index by the driver; -1: not a device
  std::function<core::Result<int64_t>()> read;  ///< microjoules, or microwatts; errors are whole sentences
};

/// Something that could hold counters and offers none.
struct MissingEnergy {
  std::string what;    ///< "powercap", "NVML"
  std::string reason;  ///< a sentence
  std::string remedy;  ///< "" when there is none
};

struct EnergySources {
  std::vector<EnergySource> sources;
  std::vector<MissingEnergy> missing;
};

}  // namespace trainmark::instruments
