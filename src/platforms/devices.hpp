// What of this machine a framework could run on, asked of the driver itself and without any framework.
#pragma once

#include <cstdint>

#include "core/result.hpp"
#include "platforms/catalogue.hpp"

namespace trainmark::platforms {

/// CUDA devices that the driver shows to this process. Errors (kUnavailable): no driver library, or it refuses; its code is told.
/// Source: CUDA Driver API, cuInit and cuDeviceGetCount.
core::Result<int64_t> cuda_device_count();

/// Whether a platform of that device could run here. Error (kUnavailable): a sentence that says what is missing.
core::Result<void> check_device(Device device);

}  // namespace trainmark::platforms
