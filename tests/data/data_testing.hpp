// Helpers of the tests of data: folders of their own, the cache folder redirected, MNIST where it is.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

#include "core/file.hpp"
#include "support/source_folder.hpp"

namespace trainmark::data {

/// A folder for one test, which is also the cache folder while the test runs.
class WithFolder : public ::testing::Test {
 protected:
  void SetUp() override {
    auto folder = core::TemporaryFolder::make(std::filesystem::temp_directory_path(), "trainmark-test");
    ASSERT_TRUE(folder.ok());
    folder_ = std::move(*folder);
    ::setenv("TRAINMARK_CACHE", (this->folder() / "cache").c_str(), 1);
  }
  void TearDown() override { ::unsetenv("TRAINMARK_CACHE"); }
  const std::filesystem::path& folder() const { return folder_.path(); }

 private:
  core::TemporaryFolder folder_;
};

/// The folder of the real MNIST: mnist/ below $TRAINMARK_TEST_DATA, else below ../shared/data seen from the source tree.
inline std::optional<std::filesystem::path> real_mnist() {
  namespace fs = std::filesystem;
  const char* named = std::getenv("TRAINMARK_TEST_DATA");
  const fs::path data = named != nullptr ? fs::path(named) : tests::source_folder() / ".." / "shared" / "data";
  if (!fs::exists(data / "mnist" / "train-images-idx3-ubyte.gz")) return std::nullopt;
  return data / "mnist";
}

}  // namespace trainmark::data
