// The native platforms of this build, fastest first.
#include "backends/backend.hpp"
#include "backends/cpu/engine.hpp"
#include "backends/reference/engine.hpp"

namespace trainmark::backends {

const std::vector<BackendInfo>& backends() {
  static const std::vector<BackendInfo> all = {cpu::info(), reference::info()};
  return all;
}

std::vector<std::string> backend_names() {
  std::vector<std::string> names;
  for (const BackendInfo& info : backends()) names.push_back(info.name);
  return names;
}

const BackendInfo* find_backend(std::string_view name) {
  for (const BackendInfo& info : backends()) {
    if (info.name == name) return &info;
  }
  return nullptr;
}

}  // namespace trainmark::backends
