// Files of older versions: migrated when they are opened for writing, read as they are else.
#include <SQLiteCpp/SQLiteCpp.h>

#include <map>

#include "store_testing.hpp"

namespace trainmark::store {
namespace {
using namespace testing;

// Everything that the file is made of: name -> SQL.
std::map<std::string, std::string> schema_of(const std::filesystem::path& path) {
  SQLite::Database raw(path.string());
  std::map<std::string, std::string> found;
  SQLite::Statement list(raw, "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL");
  while (list.executeStep()) found[list.getColumn(0).getString()] = list.getColumn(1).getString();
  return found;
}

// A store with a run, as version 1 would have written it.
void write_version_1(const std::filesystem::path& path) {
  {
    Store store = Store::open(path).value();
    add_everything(store);
  }
  SQLite::Database raw(path.string(), SQLite::OPEN_READWRITE);
  raw.exec("DROP TABLE warm_start; PRAGMA user_version = 1");
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
}

TEST(Migration, ReadsAnOldFileWithoutChangingIt) {
  const auto dir = folder();
  const auto path = dir.path() / kFileName;
  write_version_1(path);
  const Store store = Store::open(path, {Access::kReadOnly, 100}).value();
  EXPECT_FALSE(store.load_run("").value().trials.at(0).warm_start);
  EXPECT_TRUE(store.load_run("").value().trials.at(0).preparation);
  EXPECT_EQ(SQLite::Database(path.string()).execAndGet("PRAGMA user_version").getInt(), 1);
}

}  // namespace
}  // namespace trainmark::store
