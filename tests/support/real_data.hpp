// Where the real data sets lie that only some machines have; tests that need them skip with a reason.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <optional>

#include "support/source_folder.hpp"

namespace trainmark::tests {

/// Why a test of real MNIST is skipped.
inline constexpr const char* kNoMnist = "no MNIST here; set TRAINMARK_TEST_DATA to the folder that holds mnist/";

/// The folder of the real MNIST: mnist/ below $TRAINMARK_TEST_DATA, else below ../shared/data seen from the source tree.
inline std::optional<std::filesystem::path> real_mnist() {
  namespace fs = std::filesystem;
  const char* named = std::getenv("TRAINMARK_TEST_DATA");
  const fs::path data = named != nullptr ? fs::path(named) : source_folder() / ".." / "shared" / "data";
  if (!fs::exists(data / "mnist" / "train-images-idx3-ubyte.gz")) return std::nullopt;
  return data / "mnist";
}

}  // namespace trainmark::tests
