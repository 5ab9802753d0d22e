// Opening: what is made, what is recognised, what is refused, and in which words.
#include <SQLiteCpp/SQLiteCpp.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "store_testing.hpp"

namespace trainmark::store {
namespace {
using namespace testing;

std::string refusal(const std::filesystem::path& path, const Options& options = {}) {
  const auto store = Store::open(path, options);
  EXPECT_FALSE(store.ok());
  return store.ok() ? "" : store.error().message;
}

TEST(Open, MakesFolderAndFileInWalMode) {
  const auto dir = folder();
  const auto path = dir.path() / "new" / "results" / kFileName;
  const auto store = Store::open(path);
  ASSERT_TRUE(store.ok());
  SQLite::Database raw(path.string());
  EXPECT_EQ(raw.execAndGet("PRAGMA user_version").getInt(), kSchemaVersion);
  if (store->note().empty()) {
    EXPECT_EQ(raw.execAndGet("PRAGMA journal_mode").getString(), "wal");
  } else {
    EXPECT_NE(store->note().find("write-ahead log"), std::string::npos);
  }
}

TEST(Open, FindsItsOwnFileAgain) {
  const auto dir = folder();
  {
    Store store = open_in(dir);
    add_everything(store);
  }
  Store store = open_in(dir);
  EXPECT_EQ(store.runs().value().size(), 1u);
}

// A file as version 1 made it, to the letter where version 2 changes something.
void make_version_1(const core::TemporaryFolder& dir) {
  {
    Store store = open_in(dir);
    add_everything(store);
  }
  SQLite::Database raw((dir.path() / kFileName).string(), SQLite::OPEN_READWRITE);
  raw.exec(R"(
    DROP TABLE preparation;
    CREATE TABLE preparation (
      trial_id      TEXT PRIMARY KEY NOT NULL REFERENCES trial (id), -- whose
      start_ns      INTEGER NOT NULL, -- start of the process to its answer to hello
      build_ns      INTEGER NOT NULL, -- building the network
      compile_ns    INTEGER NOT NULL, -- compiling it
      input_ns      INTEGER NOT NULL, -- converting or moving the samples
      input_bytes   INTEGER NOT NULL, -- bytes converted or moved
      first_step_ns INTEGER NOT NULL, -- the first step
      kernels       TEXT NOT NULL     -- JSON: operation -> implementation, where known
    ) STRICT;
    INSERT INTO preparation VALUES ('00000000000000bb', 1, 2, 3, 4, 5, 6, '{}');
    PRAGMA user_version = 1)");
}

TEST(Open, MigratesVersion1WhenItIsOpenedForWriting) {
  const auto dir = folder();
  make_version_1(dir);
  Store store = open_in(dir);
  EXPECT_EQ(SQLite::Database((dir.path() / kFileName).string()).execAndGet("PRAGMA user_version").getInt(), kSchemaVersion);
  EXPECT_EQ(store.load_run("")->trials[0].preparation->fit_ns, std::nullopt);
  EXPECT_EQ(store.load_run("")->trials[0].preparation->first_step_ns, 6);
  store.add(trial_record("00000000000000cc", 1)).value();
  store.add(preparation_record("00000000000000cc")).value();
  EXPECT_EQ(store.load_run("")->trials[1].preparation->fit_ns, 7);
}

TEST(Open, ReadsVersion1AsItIs) {
  const auto dir = folder();
  make_version_1(dir);
  const Store store = open_in(dir, Access::kReadOnly);
  EXPECT_EQ(store.load_run("")->trials[0].preparation->first_step_ns, 6);
  EXPECT_EQ(SQLite::Database((dir.path() / kFileName).string()).execAndGet("PRAGMA user_version").getInt(), 1);
}

TEST(Open, RefusesNewerSchema) {
  const auto dir = folder();
  { const Store store = open_in(dir); }
  SQLite::Database((dir.path() / kFileName).string(), SQLite::OPEN_READWRITE).exec("PRAGMA user_version = 99");
  for (const Access access : {Access::kReadWrite, Access::kReadOnly}) {
    EXPECT_NE(refusal(dir.path() / kFileName, {access, 100}).find("schema version 99, written by a newer trainmark"), std::string::npos);
  }
}

// user_version is signed, and the version indexes the migrations.
TEST(Open, RefusesVersionsThatNeverWere) {
  for (const char* version : {"0", "-1", "-2147483648"}) {
    const auto dir = folder();
    { const Store store = open_in(dir); }
    SQLite::Database((dir.path() / kFileName).string(), SQLite::OPEN_READWRITE).exec(std::string("PRAGMA user_version = ") + version);
    for (const Access access : {Access::kReadWrite, Access::kReadOnly}) {
      EXPECT_NE(refusal(dir.path() / kFileName, {access, 100}).find(std::string("schema version ") + version + ", which no trainmark writes"),
                std::string::npos);
    }
  }
}

TEST(Open, RefusesFilesOfOthers) {
  const auto dir = folder();
  const auto text = dir.path() / "text.sqlite", other = dir.path() / "other.sqlite";
  core::write_file(text, std::string(5000, 'x')).value();
  EXPECT_NE(refusal(text).find("is not a store of trainmark, nor any SQLite file"), std::string::npos);
  SQLite::Database(other.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec("CREATE TABLE t (x)");
  EXPECT_NE(refusal(other).find("SQLite file of another program"), std::string::npos);
  EXPECT_EQ(SQLite::Database(other.string()).execAndGet("PRAGMA journal_mode").getString(), "delete");  // left as it was
}

TEST(Open, RefusesPlacesThatCannotBeWrittenTo) {
  const auto dir = folder();
  core::write_file(dir.path() / "file", std::string_view("x")).value();
  EXPECT_NE(refusal(dir.path() / "file" / kFileName).find("cannot be made"), std::string::npos);
  EXPECT_NE(refusal(dir.path()).find("cannot be opened"), std::string::npos);  // a folder
}

// Root may write everywhere, so a child without its rights looks; in a folder that is closed to writing, not to reading.
TEST(Open, ReadsButDoesNotWriteInAFolderThatIsClosed) {
  const auto dir = folder();
  const auto closed = dir.path() / "closed", filled = closed / kFileName;
  {
    Store store = Store::open(filled).value();
    add_everything(store);
  }
  std::filesystem::permissions(dir.path(), std::filesystem::perms{0755});
  std::filesystem::permissions(filled, std::filesystem::perms{0444});
  std::filesystem::permissions(closed, std::filesystem::perms{0555});
  const pid_t child = fork();
  if (child == 0) {
    if (geteuid() == 0 && setuid(65534) != 0) _exit(9);
    const auto fresh = Store::open(closed / "new.sqlite"), writing = Store::open(filled), reading = Store::open(filled, {Access::kReadOnly, 100});
    if (fresh.ok() || fresh.error().message.find("cannot be opened") == std::string::npos) _exit(1);
    if (writing.ok() || writing.error().message.find("not writable") == std::string::npos) _exit(2);
    if (!reading.ok() || !reading->load_run("").ok()) _exit(3);
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  std::filesystem::permissions(closed, std::filesystem::perms{0755});
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(Open, ReadOnlyNeedsAFileWithSomething) {
  const auto dir = folder();
  EXPECT_NE(refusal(dir.path() / kFileName, {Access::kReadOnly, 100}).find("There is no store"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(dir.path() / kFileName));
  core::write_file(dir.path() / kFileName, std::string_view()).value();
  EXPECT_NE(refusal(dir.path() / kFileName, {Access::kReadOnly, 100}).find("is empty"), std::string::npos);
}

TEST(Open, ReadOnlyReadsAndRefusesToWrite) {
  const auto dir = folder();
  {
    Store store = open_in(dir);
    add_everything(store);
  }
  Store store = open_in(dir, Access::kReadOnly);
  EXPECT_EQ(store.load_run("").value().trials.size(), 1u);
  const auto added = store.add(skip_record());
  ASSERT_FALSE(added.ok());
  EXPECT_NE(added.error().message.find("not writable"), std::string::npos) << added.error().message;
}

TEST(Open, ReadsWhileAnotherWrites) {
  const auto dir = folder();
  Store writer = open_in(dir);
  add_everything(writer);
  const Store reader = open_in(dir, Access::kReadOnly);
  writer.add(block_record("00000000000000bb", 1)).value();
  EXPECT_EQ(reader.load_run("").value().trials[0].blocks.size(), 2u);
}

TEST(Open, SaysThatItIsLocked) {
  const auto dir = folder();
  const auto path = dir.path() / kFileName;
  {
    Store store = open_in(dir);
    add_everything(store);
  }
  Store store = Store::open(path, {Access::kReadWrite, 50}).value();
  SQLite::Database raw(path.string(), SQLite::OPEN_READWRITE);
  raw.exec("BEGIN IMMEDIATE");
  const auto added = store.add(skip_record());
  ASSERT_FALSE(added.ok());
  EXPECT_NE(added.error().message.find("locked by another process"), std::string::npos) << added.error().message;
  raw.exec("ROLLBACK");
  EXPECT_TRUE(store.add(skip_record()).ok());
}

// A limit on the size of files stands in for a disk that runs out of space: the write fails in the middle of a commit.
TEST(Open, SaysThatTheDiskFailsAndKeepsWhatItHad) {
  const auto dir = folder();
  Store store = open_in(dir);
  add_everything(store);
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1 << 20, 1 << 20};
    setrlimit(RLIMIT_FSIZE, &limit);
    Store limited = Store::open(dir.path() / kFileName).value();
    auto block = block_record("00000000000000bb", 1);
    block.losses.assign(500'000, 1.5);
    const auto added = limited.add(block);
    _exit(!added.ok() && added.error().message.find("The disk that holds") == 0 ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_EQ(store.load_run("").value().trials[0].blocks.size(), 1u);
  EXPECT_TRUE(store.add(block_record("00000000000000bb", 1)).ok());
}

}  // namespace
}  // namespace trainmark::store
