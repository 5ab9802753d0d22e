// The adapters as files on disk. They are part of the binary, so that a copied program still has those that belong to it, and are
// written to the cache folder when they are first needed.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"

namespace trainmark::platforms {

/// Path below adapters/ and content of every adapter, file of the shared helper and list of requirements.
const std::vector<std::pair<std::string, std::string>>& built_in_adapters();

/// The folder that holds them: $TRAINMARK_ADAPTERS where that is set (for whoever writes an adapter), else one in the cache folder
/// whose name is a hash of all of them. Errors: the cache cannot be written, $TRAINMARK_ADAPTERS is no folder.
core::Result<std::filesystem::path> adapters_folder();

}  // namespace trainmark::platforms
