// The file in the cache that keeps the ceilings of this machine, so that they are measured once: as long as its state is the same.
#pragma once

#include <filesystem>
#include <optional>

#include "ceilings/ceilings.hpp"

namespace trainmark::ceilings {

/// The file's place: "ceilings.json" in the cache folder.
core::Result<std::filesystem::path> cache_file();

/// What the file holds, when it was measured in the state `machine` (an object of whatever tells machines and their settings apart) with
/// all of these thread counts. Nothing when there is no file, it cannot be read, or the state is another: then `why_not` says so in words.
std::optional<Ceilings> cached(const std::filesystem::path& file, const core::Json& machine, const std::vector<int>& threads, std::string& why_not);

core::Result<void> keep(const std::filesystem::path& file, const Ceilings& ceilings);

}  // namespace trainmark::ceilings
