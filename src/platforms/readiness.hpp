// Whether a framework's platform can run here and now; if not, why, and what would help.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "platforms/catalogue.hpp"
#include "platforms/environment.hpp"

namespace trainmark::platforms {

enum class State { kReady, kNotSetUp, kImpossible };
std::string_view state_name(State state);  ///< "ready", "not set up", "not possible here"

struct Readiness {
  State state = State::kReady;
  std::string reason;  ///< a part of a sentence, "" when ready
  std::string remedy;  ///< a command or a sentence; "" where nothing helps
  std::optional<Environment> environment;
};

/// `python`: the user's own Python for it, empty: the environment of 'trainmark setup'.
Readiness readiness(const PlatformName& name, const FrameworkPlatform& platform, const std::filesystem::path& python = {});

/// What starts the worker of a ready platform. The word "{threads}" stands for the number of threads, "{compiler_cache}" for
/// a folder of the trial, or "" for none.
core::Result<std::vector<std::string>> worker_command(const PlatformName& name, const FrameworkPlatform& platform, const std::filesystem::path& python);

}  // namespace trainmark::platforms
