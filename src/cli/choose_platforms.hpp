// Which of a study's platforms can run on this machine, and how their workers are started.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "trial/records.hpp"
#include "workload/study.hpp"

namespace trainmark::cli {

/// The platforms that can run here, those of frameworks with the command of their worker. The others go to `skips` with the reason;
/// one that was named by hand is an error instead.
core::Result<std::vector<workload::PlatformChoice>> choose_platforms(const workload::Study& study, std::vector<trial::SkipRecord>& skips);

/// Whether `--device` is for this platform: those on GPUs, and workers of the user's own, which know their devices themselves. Engines of
/// ours and frameworks on the processor have device 0 only.
bool takes_device(const std::string& platform);

/// Usage error when `device` is not 0 and is for none of the platforms.
core::Result<void> check_device(int64_t device, const std::vector<workload::PlatformChoice>& platforms);

}  // namespace trainmark::cli
