#include "platforms/catalogue.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "backends/backend.hpp"
#include "core/suggest.hpp"
#include "platforms/twin.hpp"

namespace trainmark::platforms {

using core::Result;
using core::usage_error;

const std::vector<FrameworkPlatform>& framework_platforms() {
  static const std::vector<std::string> kPyTorchCuda = {"eager", "channels-last", "compile", "amp", "graph"};
  static const std::vector<std::string> kTensorFlow = {"graph", "xla", "eager", "fit"};
  static const std::vector<FrameworkPlatform> kAll = {
      {"numpy", "arrays and BLAS, from scratch", "numpy_platform.py", "numpy", "numpy", Device::kCpu, {"default"}},
      {"numba", "compiled loops and BLAS, from scratch", "numba_platform.py", "numba", "numba", Device::kCpu, {"default"}},
      {"numba-cuda", "own CUDA kernels in Python", "numba_cuda_platform.py", "numba-cuda", "numba", Device::kCuda, {"default"}},
      {"cupy", "the arrays of numpy on a GPU", "cupy_platform.py", "cupy", "cupy-cuda12x", Device::kCuda, {"default"}},
      {"pytorch-cpu", "PyTorch on the processor", "pytorch_platform.py", "pytorch", "torch", Device::kCpu, {"eager", "channels-last", "compile"}},
      {"pytorch-cuda", "PyTorch on a CUDA GPU", "pytorch_platform.py", "pytorch", "torch", Device::kCuda, kPyTorchCuda},
      {"pytorch-mps", "PyTorch on Apple's Metal", "pytorch_platform.py", "pytorch", "torch", Device::kMetal, {"eager", "channels-last", "compile"}},
      {"tensorflow-cpu", "TensorFlow on the processor", "tensorflow_platform.py", "tensorflow-cpu", "tensorflow-cpu", Device::kCpu, kTensorFlow},
      {"tensorflow-cuda", "TensorFlow on a CUDA GPU", "tensorflow_platform.py", "tensorflow-cuda", "tensorflow", Device::kCuda, kTensorFlow},
      {"tensorflow-metal", "TensorFlow on Apple's Metal", "tensorflow_platform.py", "tensorflow-metal", "tensorflow", Device::kMetal, kTensorFlow},
      {"jax-cpu", "JAX on the processor", "jax_platform.py", "jax-cpu", "jax", Device::kCpu, {"jit", "scan"}},
      {"jax-cuda", "JAX on a CUDA GPU", "jax_platform.py", "jax-cuda", "jax", Device::kCuda, {"jit", "scan"}},
      {"scikit-learn", "nearest neighbours by brute force", "scikit_learn_platform.py", "scikit-learn", "scikit-learn", Device::kCpu, {"default"}, false}};
  return kAll;
}

PlatformName split_platform_name(std::string_view name) {
  PlatformName parts;
  const std::string base = base_name(name);
  name = base;
  const size_t colon = name.find(':');
  if (colon != std::string_view::npos) parts.mode = name.substr(colon + 1);
  name = name.substr(0, colon);
  const size_t at = name.find('@');
  if (at != std::string_view::npos) parts.version = name.substr(at + 1);
  parts.platform = name.substr(0, at);
  return parts;
}

const FrameworkPlatform* find_framework(const PlatformName& name) {
  const auto& all = framework_platforms();
  const auto found = std::find_if(all.begin(), all.end(), [&](const FrameworkPlatform& p) { return p.name == name.platform; });
  return found == all.end() ? nullptr : &*found;
}

Result<void> check_platform_name(const PlatformName& name, const FrameworkPlatform& platform) {
  const bool good_version = std::all_of(name.version.begin(), name.version.end(), [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
  if (!good_version) {
    return usage_error(fmt::format("'{}@{}': a version consists of numbers and points, such as {}@2.4", name.platform, name.version, name.platform));
  }
  if (name.mode.empty() || std::find(platform.modes.begin(), platform.modes.end(), name.mode) != platform.modes.end()) return {};
  return usage_error(fmt::format("the platform '{}' has no mode '{}'{}; it has {}", platform.name, name.mode, core::did_you_mean(name.mode, platform.modes),
                                 fmt::join(platform.modes, ", ")));
}

std::vector<std::string> all_platform_names() {
  std::vector<std::string> names = backends::backend_names();
  for (const FrameworkPlatform& platform : framework_platforms()) names.push_back(platform.name);
  return names;
}

}  // namespace trainmark::platforms
