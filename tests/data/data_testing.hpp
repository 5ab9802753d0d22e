// Helpers of the tests of data: folders of their own, the cache folder redirected.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "core/file.hpp"

namespace trainmark::data {

/// Bytes that nothing compresses, the same each time.
inline std::string noise(size_t size) {
  std::string text(size, '\0');
  uint32_t state = 7;
  for (char& c : text) c = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  return text;
}

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

}  // namespace trainmark::data
