// Files: whole or not at all, and errors that name the path.
#include "core/file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <thread>

namespace trainmark::core {
namespace {

namespace fs = std::filesystem;

class Files : public ::testing::Test {
 protected:
  void SetUp() override {
    auto folder = TemporaryFolder::make(fs::temp_directory_path(), "trainmark-test");
    ASSERT_TRUE(folder.ok());
    folder_ = std::move(*folder);
  }
  fs::path at(const char* name) const { return folder_.path() / name; }
  long entries() const { return std::distance(fs::directory_iterator(folder_.path()), fs::directory_iterator()); }

 private:
  TemporaryFolder folder_;
};

TEST_F(Files, AreReadAsTheyWereWritten) {
  std::string text = "zero \0 in the middle";
  text.resize(300'000, 'x');
  ASSERT_TRUE(write_file(at("a"), text).ok());
  EXPECT_EQ(*read_file(at("a")), text);
  ASSERT_TRUE(write_file(at("a"), "shorter").ok());
  EXPECT_EQ(*read_file(at("a")), "shorter");
  EXPECT_EQ(entries(), 1) << "no temporary file is left";
}

TEST_F(Files, ReadersNeverSeeHalfAFile) {
  const std::string ones(1'000'000, '1'), twos(1'000'000, '2');
  ASSERT_TRUE(write_file(at("a"), ones).ok());
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(write_file(at("a"), i % 2 == 0 ? twos : ones).ok());
    stop = true;
  });
  while (!stop) {
    const auto text = read_file(at("a"));
    EXPECT_TRUE(text.ok() && (*text == ones || *text == twos));
  }
  writer.join();
}

TEST_F(Files, WritingWhereNobodyCanFailsAndLeavesTheOldFile) {
  ASSERT_TRUE(write_file(at("a"), "old").ok());
  EXPECT_FALSE(write_file(at("a") / "below", "new").ok()) << "a file is no folder";
  const auto missing = write_file(at("missing") / "b", "new");
  ASSERT_FALSE(missing.ok());
  EXPECT_NE(missing.error().message.find(at("missing").string()), std::string::npos);
  fs::create_directory(at("folder"));
  EXPECT_FALSE(write_file(at("folder"), "new").ok()) << "a folder cannot be replaced";
  EXPECT_EQ(entries(), 2) << "no temporary file is left after a failure";
  EXPECT_EQ(*read_file(at("a")), "old");
}

TEST_F(Files, MissingFileIsTheUsersMistakeAndNamed) {
  const auto text = read_file(at("missing"));
  ASSERT_FALSE(text.ok());
  EXPECT_EQ(text.error().kind, ErrorKind::kUsage);
  EXPECT_NE(text.error().message.find(at("missing").string()), std::string::npos);
  EXPECT_FALSE(MappedFile::open(at("missing")).ok());
}

TEST_F(Files, MapShowsTheContentAndOutlivesMovesAndRenames) {
  ASSERT_TRUE(write_file(at("a"), "content").ok());
  auto opened = MappedFile::open(at("a"));
  ASSERT_TRUE(opened.ok());
  MappedFile mapped = std::move(*opened);
  ASSERT_TRUE(write_file(at("a"), "replaced").ok());
  const auto bytes = mapped.bytes();
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()), "content");
}

TEST_F(Files, EmptyFileMapsToNothingAndAFolderIsRefused) {
  ASSERT_TRUE(write_file(at("empty"), "").ok());
  const auto mapped = MappedFile::open(at("empty"));
  ASSERT_TRUE(mapped.ok());
  EXPECT_TRUE(mapped->bytes().empty());
  const auto folder = MappedFile::open(at("empty").parent_path());
  ASSERT_FALSE(folder.ok());
  EXPECT_NE(folder.error().message.find("not a regular file"), std::string::npos);
}

TEST_F(Files, TemporaryFolderIsPrivateNewAndRemoved) {
  fs::path path;
  {
    const auto first = TemporaryFolder::make(at("parent"), "x");
    const auto second = TemporaryFolder::make(at("parent"), "x");
    ASSERT_TRUE(first.ok() && second.ok());
    path = first->path();
    EXPECT_NE(path, second->path());
    EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_all);
    ASSERT_TRUE(write_file(path / "content", "x").ok());
  }
  EXPECT_FALSE(fs::exists(path));
}

TEST_F(Files, CacheFolderFollowsTheEnvironment) {
  const char* home = std::getenv("HOME");
  const std::string old_home = home == nullptr ? "" : home;
  ::setenv("TRAINMARK_CACHE", at("own").c_str(), 1);
  ::setenv("XDG_CACHE_HOME", at("xdg").c_str(), 1);
  ::setenv("HOME", at("home").c_str(), 1);
  EXPECT_EQ(*cache_folder(), at("own"));
  EXPECT_TRUE(fs::is_directory(at("own")));
  ::unsetenv("TRAINMARK_CACHE");
  EXPECT_EQ(*cache_folder(), at("xdg") / "trainmark");
  ::unsetenv("XDG_CACHE_HOME");
  EXPECT_EQ(*cache_folder(), at("home") / ".cache" / "trainmark");
  ::unsetenv("HOME");
  const auto none = cache_folder();
  EXPECT_FALSE(none.ok());
  ASSERT_TRUE(write_file(at("file"), "").ok());
  ::setenv("TRAINMARK_CACHE", (at("file") / "below").c_str(), 1);
  EXPECT_FALSE(cache_folder().ok());
  ::unsetenv("TRAINMARK_CACHE");
  ::setenv("HOME", old_home.c_str(), 1);
}

TEST_F(Files, AreReadOnlyAtTheExpectedSize) {
  ASSERT_TRUE(write_file(at("file"), "four").ok());
  EXPECT_EQ(*read_file_of(at("file"), 4), "four");
  EXPECT_NE(read_file_of(at("file"), 3).error().message.find("has 4 bytes; 3 were expected"), std::string::npos);
  fs::resize_file(at("file"), uintmax_t{1} << 40);  // holds nothing, but reading it would take all memory
  EXPECT_FALSE(read_file_of(at("file"), 3).ok());
  EXPECT_FALSE(read_file_of(at("missing"), 3).ok());
}

TEST_F(Files, PipesAreRefusedWithoutWaitingForAWriter) {
  ASSERT_EQ(::mkfifo(at("pipe").c_str(), 0600), 0);
  EXPECT_NE(MappedFile::open(at("pipe")).error().message.find("is not a regular file"), std::string::npos);
  EXPECT_NE(read_file_of(at("pipe"), 8).error().message.find("is not a regular file"), std::string::npos);
}

}  // namespace
}  // namespace trainmark::core
