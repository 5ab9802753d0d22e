// Exit codes of the command line: one meaning each, documented in the README.
#pragma once

#include <initializer_list>

#include "core/result.hpp"

namespace trainmark::cli {

enum class ExitCode {
  kOk = 0,
  kTool = 1,           ///< trainmark or the machine failed
  kUsage = 2,          ///< bad usage or bad input
  kTrialFailed = 3,    ///< a trial failed or crashed
  kVerdictFailed = 4,  ///< a platform did not do the work
  kTimeOut = 5,
  kRegression = 6,
  kInterrupted = 130,
};

/// The one that is reported when several hold: 130 > 2 > 1 > 4 > 3 > 5 > 6 > 0.
ExitCode gravest(std::initializer_list<ExitCode> codes);

ExitCode exit_code(core::ErrorKind kind);

}  // namespace trainmark::cli
