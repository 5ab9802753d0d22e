// Making the environment of a framework: a virtual environment in the cache folder, filled by pip with pinned requirements.
//
// May be stopped and repeated at any time: what is there is kept, what is missing is installed, a Python that does not start any
// more is made anew. The record that makes the environment count is written by the caller, after a worker in it has answered.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "platforms/catalogue.hpp"
#include "platforms/environment.hpp"

namespace trainmark::platforms {

struct SetupOptions {
  std::string index_url;                                  ///< for pip, instead of its own; ""
  std::function<void(std::string_view message)> on_step;  ///< a few words at a time: what is done now
};

/// What setup would do, for people and before anything is done.
struct SetupPlan {
  std::string name;              ///< of the environment
  std::filesystem::path folder;  ///< where
  std::string requirements;      ///< what pip will be given
  std::optional<Size> size;      ///< unknown for other versions than the pinned one
  int64_t free_bytes = -1;       ///< on that disk; -1: unknown
  bool complete = false;         ///< it is there already, with these requirements
};
core::Result<SetupPlan> plan_setup(const FrameworkPlatform& platform, const std::string& version);

/// Makes or repairs it. Errors, each with what to do: no Python from 3.10 to 3.13, no venv module, not enough room, pip failed (with its
/// last lines), another setup is at work on it.
core::Result<Environment> set_up(const SetupPlan& plan, const SetupOptions& options);

}  // namespace trainmark::platforms
