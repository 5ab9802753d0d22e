// Where the sources lie. Not __FILE__: a compiler cache may make that relative.
#pragma once

#include <filesystem>

namespace trainmark::tests {

/// The top of the source tree that this program was built from.
std::filesystem::path source_folder();

}  // namespace trainmark::tests
