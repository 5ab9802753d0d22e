// Files of older versions: migrated when they are opened for writing, read as they are else.
#include <SQLiteCpp/SQLiteCpp.h>

#include <map>
#include <regex>

#include "store_testing.hpp"

namespace trainmark::store {
namespace {
using namespace testing;

// Without comments, and with one space where there are some.
std::string bare(std::string sql) {
  sql = std::regex_replace(sql, std::regex("--[^\n]*"), "");
  sql = std::regex_replace(sql, std::regex("\\s+"), " ");
  return std::regex_replace(sql, std::regex(" ?([,()]) ?"), "$1");
}

// Everything that the file is made of: name -> SQL.
std::map<std::string, std::string> schema_of(const std::filesystem::path& path) {
  SQLite::Database raw(path.string());
  std::map<std::string, std::string> found;
  SQLite::Statement list(raw, "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL");
  while (list.executeStep()) found[list.getColumn(0).getString()] = bare(list.getColumn(1).getString());
  return found;
}

// A store with a run, as version 1 would have written it.
void write_version_1(const std::filesystem::path& path) {
  {
    Store store = Store::open(path).value();
    add_everything(store);
  }
  SQLite::Database raw(path.string(), SQLite::OPEN_READWRITE);
  std::map<std::string, std::string> triggers;  // they go with their table
  SQLite::Statement list(raw, "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'preparation'");
  while (list.executeStep()) triggers[list.getColumn(0).getString()] = list.getColumn(1).getString();
  list.reset();
  raw.exec(R"(
    DROP TABLE reading;
    DROP TABLE warm_start;
    DROP TABLE preparation;
    CREATE TABLE preparation (
      trial_id      TEXT PRIMARY KEY NOT NULL REFERENCES trial (id),
      start_ns      INTEGER NOT NULL,
      build_ns      INTEGER NOT NULL,
      compile_ns    INTEGER NOT NULL,
      input_ns      INTEGER NOT NULL,
      input_bytes   INTEGER NOT NULL,
      first_step_ns INTEGER NOT NULL,
      kernels       TEXT NOT NULL
    ) STRICT;
    INSERT INTO preparation VALUES ('00000000000000bb', 1, 2, 3, 4, 5, 6, '{}');
    PRAGMA user_version = 1)");
  for (const auto& [name, sql] : triggers) raw.exec(sql);
}

TEST(Migration, MakesWhatANewFileHas) {
  const auto dir = folder();
  const auto old_path = dir.path() / "old.sqlite", new_path = dir.path() / "new.sqlite";
  write_version_1(old_path);
  { const Store fresh = Store::open(new_path).value(); }
  EXPECT_NE(schema_of(old_path), schema_of(new_path));
  Store migrated = Store::open(old_path).value();
  EXPECT_EQ(schema_of(old_path), schema_of(new_path));
  EXPECT_EQ(SQLite::Database(old_path.string()).execAndGet("PRAGMA user_version").getInt(), kSchemaVersion);
}

TEST(Migration, KeepsOldRowsAndTakesNewOnes) {
  const auto dir = folder();
  const auto path = dir.path() / kFileName;
  write_version_1(path);
  Store store = Store::open(path).value();
  EXPECT_FALSE(store.load_run("").value().trials.at(0).warm_start);
  EXPECT_EQ(store.load_run("").value().trials.at(0).blocks.size(), 1u);
  store.add(warm_start_record()).value();
  EXPECT_EQ(store.load_run("").value().trials.at(0).warm_start->compile_ns, 13);
  store.add(reading_record()).value();
  EXPECT_EQ(store.load_run("").value().trials.at(0).readings.size(), 1u);
  EXPECT_EQ(store.load_run("").value().trials.at(0).preparation->fit_ns, std::nullopt);
  EXPECT_EQ(store.load_run("").value().trials.at(0).preparation->first_step_ns, 6);
  store.add(trial_record("00000000000000cc", 1)).value();
  store.add(preparation_record("00000000000000cc")).value();
  EXPECT_EQ(store.load_run("").value().trials.at(1).preparation->fit_ns, 7);
}

TEST(Migration, ReadsAnOldFileWithoutChangingIt) {
  const auto dir = folder();
  const auto path = dir.path() / kFileName;
  write_version_1(path);
  const Store store = Store::open(path, {Access::kReadOnly, 100}).value();
  EXPECT_FALSE(store.load_run("").value().trials.at(0).warm_start);
  EXPECT_EQ(store.load_run("").value().trials.at(0).preparation->first_step_ns, 6);
  EXPECT_EQ(SQLite::Database(path.string()).execAndGet("PRAGMA user_version").getInt(), 1);
}

}  // namespace
}  // namespace trainmark::store
