// Locks between processes: held by one, gone with its owner, not lost when the file is removed and made again.
#include "core/file_lock.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "core/file.hpp"

namespace trainmark::core {
namespace {

class FileLockTest : public testing::Test {
 protected:
  void SetUp() override { folder_ = TemporaryFolder::make(std::filesystem::temp_directory_path(), "trainmark-lock-").value(); }
  std::filesystem::path folder_path() const { return folder_.path(); }
  std::filesystem::path path() const { return folder_.path() / "lock"; }
  bool can_take() const { return FileLock::try_take(path()).value().has_value(); }

 private:
  TemporaryFolder folder_;
};

TEST_F(FileLockTest, IsHeldByOneAtATime) {
  {
    const auto lock = FileLock::try_take(path()).value();
    ASSERT_TRUE(lock.has_value());
    EXPECT_EQ(read_file(path()).value(), std::to_string(getpid()) + "\n");
    EXPECT_FALSE(can_take());
  }
  EXPECT_FALSE(std::filesystem::exists(path()));
  EXPECT_TRUE(can_take());
}

TEST_F(FileLockTest, EndsWithItsOwnerHoweverThatEnds) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    const auto lock = FileLock::try_take(path());
    [[maybe_unused]] const ssize_t written = write(ready[1], "x", 1);
    for (;;) pause();
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  EXPECT_FALSE(can_take());
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(std::filesystem::exists(path()));
  EXPECT_TRUE(can_take());
  close(ready[0]);
  close(ready[1]);
}

TEST_F(FileLockTest, LookingNeitherTakesNorMakesIt) {
  EXPECT_FALSE(FileLock::is_held(path()));
  EXPECT_FALSE(std::filesystem::exists(path()));
  {
    const auto lock = FileLock::try_take(path()).value();
    EXPECT_TRUE(FileLock::is_held(path()));
  }
  write_file(path(), std::string_view("123\n")).value();  // left by a process that was killed
  EXPECT_FALSE(FileLock::is_held(path()));
  EXPECT_TRUE(can_take());
}

// Eight processes want the lock over and over, each notes entry and exit: no two are ever inside at once.
TEST_F(FileLockTest, NeverHasTwoOwners) {
  std::vector<pid_t> children;
  for (int i = 0; i < 8; ++i) {
    const pid_t child = fork();
    if (child != 0) {
      children.push_back(child);
      continue;
    }
    const auto inside = folder_path() / "inside";
    int entered = 0;
    for (int attempt = 0; attempt < 200'000 && entered < 50; ++attempt) {
      const auto lock = FileLock::try_take(path());
      if (!lock || !lock->has_value()) continue;
      if (mkdir(inside.c_str(), 0700) != 0) _exit(1);
      rmdir(inside.c_str());
      ++entered;
    }
    _exit(0);
  }
  for (const pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0) << "two owners at once";
  }
}

TEST_F(FileLockTest, SaysWhyItCannotBeMade) {
  const auto lock = FileLock::try_take("/no/such/folder/lock");
  ASSERT_FALSE(lock.ok());
  EXPECT_NE(lock.error().message.find("/no/such/folder/lock"), std::string::npos);
}

}  // namespace
}  // namespace trainmark::core
