// The energy counters of Linux's powercap tree: RAPL of Intel and AMD processors, by zone.
//
// A zone is a folder CONTROL:N (a package) or CONTROL:N:M (a part of it) with `name` and `energy_uj`. The same package may appear under
// two controls (intel-rapl by registers, intel-rapl-mmio by memory): one of them counts, the other is left out and named. Files are
// opened anew at each reading, so that a zone that goes away is noticed. Source: Documentation/power/powercap/powercap.rst of Linux.
#pragma once

#include <filesystem>

#include "instruments/energy_source.hpp"

namespace trainmark::instruments {

inline constexpr const char* kPowercapRoot = "/sys/class/powercap";

/// The zones with a counter below `root`, sorted by name. Zones that are there and may not be read are among them: their reading is the error.
EnergySources powercap_sources(const std::filesystem::path& root = kPowercapRoot);

}  // namespace trainmark::instruments
