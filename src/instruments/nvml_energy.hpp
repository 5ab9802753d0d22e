// NVIDIA's devices as sources of energy.
//
// From Volta on the driver counts (nvmlDeviceGetTotalEnergyConsumption). Where it does not, power is integrated, and named so. A device
// that tells neither is a source whose reading is an error, so that nobody takes its silence for nothing drawn.
#pragma once

#include "instruments/energy_source.hpp"
#include "instruments/nvml.hpp"

namespace trainmark::instruments {

/// One source for each device, "GPU N" by the driver's number. `nvml` must outlive them.
EnergySources nvml_sources(const Nvml& nvml);

}  // namespace trainmark::instruments
