// The order of gravity, and the codes of errors.
#include "cli/exit_code.hpp"

#include <algorithm>
#include <iterator>

namespace trainmark::cli {

ExitCode gravest(std::initializer_list<ExitCode> codes) {
  static constexpr ExitCode kOrder[] = {ExitCode::kInterrupted, ExitCode::kUsage,   ExitCode::kTool,      ExitCode::kVerdictFailed,
                                        ExitCode::kTrialFailed, ExitCode::kTimeOut, ExitCode::kRegression};
  for (const ExitCode code : kOrder) {
    if (std::find(codes.begin(), codes.end(), code) != codes.end()) return code;
  }
  return ExitCode::kOk;
}

ExitCode exit_code(core::ErrorKind kind) {
  switch (kind) {
    case core::ErrorKind::kTool:
      return ExitCode::kTool;
    case core::ErrorKind::kUsage:
    case core::ErrorKind::kUnavailable:
      return ExitCode::kUsage;
    case core::ErrorKind::kInterrupted:
      return ExitCode::kInterrupted;
  }
  return ExitCode::kTool;
}

}  // namespace trainmark::cli
