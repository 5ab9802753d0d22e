#include "platforms/devices.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

namespace trainmark::platforms {
namespace {

using core::Result;
using core::unavailable;

constexpr const char* kDriver = "libcuda.so.1";

/// The driver's function, or null. The library stays open: drivers do not like to be closed.
template <class F>
F* find_in_driver(const char* name) {
  static void* const driver = ::dlopen(kDriver, RTLD_NOW | RTLD_LOCAL);
  return driver == nullptr ? nullptr : reinterpret_cast<F*>(::dlsym(driver, name));
}

}  // namespace

Result<int64_t> cuda_device_count() {
  auto* const init = find_in_driver<int(unsigned)>("cuInit");
  auto* const get_count = find_in_driver<int(int*)>("cuDeviceGetCount");
  if (init == nullptr || get_count == nullptr) return unavailable(fmt::format("there is no CUDA driver here (no {})", kDriver));
  if (const int code = init(0); code != 0) return unavailable(fmt::format("the CUDA driver does not start: cuInit gives error {}", code));
  int count = 0;
  if (const int code = get_count(&count); code != 0) return unavailable(fmt::format("the CUDA driver does not count its devices: error {}", code));
  return count;
}

Result<void> check_device(Device device) {
  if (device == Device::kCuda) {
    const auto count = cuda_device_count();
    if (!count) return count.error();
    if (*count == 0) return unavailable("the CUDA driver shows no device");
  }
#ifndef __APPLE__
  if (device == Device::kMetal) return unavailable("Metal is there on Apple's machines only");
#endif
  return {};
}

}  // namespace trainmark::platforms
