// Nobody changes the past: not through our code, which has no way to, and not through another SQLite client.
#include <SQLiteCpp/SQLiteCpp.h>

#include "store_testing.hpp"

namespace trainmark::store {
namespace {
using namespace testing;

std::string failure_of(SQLite::Database& raw, const std::string& sql) {
  try {
    raw.exec(sql);
  } catch (const SQLite::Exception& failure) {
    return failure.what();
  }
  return "";
}

TEST(AppendOnly, RefusesEveryUpdateDeleteAndReplaceOnEveryTable) {
  const auto dir = folder();
  Store store = open_in(dir);
  add_everything(store);
  SQLite::Database raw((dir.path() / kFileName).string(), SQLite::OPEN_READWRITE);
  std::vector<std::string> tables;
  SQLite::Statement list(raw, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
  while (list.executeStep()) tables.push_back(list.getColumn(0).getString());
  ASSERT_EQ(tables.size(), 12u);
  for (const std::string& table : tables) {
    const int rows = raw.execAndGet("SELECT count(*) FROM " + table).getInt();
    ASSERT_EQ(rows, 1) << table;
    const std::string column = raw.execAndGet("SELECT name FROM pragma_table_info('" + table + "') LIMIT 1 OFFSET 1").getString();
    EXPECT_NE(failure_of(raw, "UPDATE " + table + " SET " + column + " = " + column).find("rows of \"" + table + "\" never change"), std::string::npos)
        << table;
    EXPECT_NE(failure_of(raw, "DELETE FROM " + table).find("rows of \"" + table + "\" are never deleted"), std::string::npos) << table;
    EXPECT_NE(failure_of(raw, "INSERT OR REPLACE INTO " + table + " SELECT * FROM " + table).find("append-only"), std::string::npos) << table;
    EXPECT_EQ(raw.execAndGet("SELECT count(*) FROM " + table).getInt(), rows) << table;
  }
}

TEST(AppendOnly, RefusesToReplaceByUniqueColumns) {
  const auto dir = folder();
  Store store = open_in(dir);
  add_everything(store);
  SQLite::Database raw((dir.path() / kFileName).string(), SQLite::OPEN_READWRITE);
  EXPECT_NE(failure_of(raw,
                       "INSERT OR REPLACE INTO run SELECT number + 100, id, 'other', study_hash, study_json, baseline, command_line, version, "
                       "started_wall_ns, environment FROM run")
                .find("append-only"),
            std::string::npos);
  EXPECT_EQ(store.load_run("").value().run.study, "quick");
}

TEST(AppendOnly, DescribesEveryColumn) {
  const auto dir = folder();
  const Store store = open_in(dir);
  SQLite::Database raw((dir.path() / kFileName).string());
  SQLite::Statement list(raw, "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
  while (list.executeStep()) {
    std::istringstream lines(list.getColumn(1).getString());
    for (std::string line; std::getline(lines, line);) {
      const bool is_column = line.size() > 2 && line[0] == ' ' && line[2] >= 'a' && line[2] <= 'z';
      if (is_column) {
        EXPECT_NE(line.find("-- "), std::string::npos) << list.getColumn(0).getString() << ": " << line;
      }
    }
  }
}

}  // namespace
}  // namespace trainmark::store
