// Columns are taken from the file itself, so a column that is added to the schema needs no edit here; a table does (kRunTables).
#include "store/run_rows.hpp"

#include <SQLiteCpp/Statement.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/hash.hpp"
#include "store/errors.hpp"

namespace trainmark::store {
namespace {

std::vector<std::string> columns_of(const SQLite::Database& database, const std::string& table) {
  std::vector<std::string> names;
  SQLite::Statement list(database, "SELECT name FROM pragma_table_info(?) WHERE name <> 'number' ORDER BY cid");
  list.bind(1, table);
  while (list.executeStep()) names.push_back(list.getColumn(0).getString());
  return names;
}

SQLite::Statement rows_of(const SQLite::Database& database, const RunTable& table, const std::string& run_id) {
  SQLite::Statement rows(database,
                         fmt::format("SELECT {} FROM {} WHERE {} ORDER BY rowid", fmt::join(columns_of(database, table.name), ", "), table.name, table.of_run));
  rows.bind(1, run_id);
  return rows;
}

// Type, length and bytes of every value, so that no two rows have one text.
std::string hash_of(const SQLite::Statement& row) {
  std::string text;
  for (int i = 0; i < row.getColumnCount(); ++i) {
    const SQLite::Column value = row.getColumn(i);
    const std::string bytes = value.isNull() ? "" : value.isFloat() ? fmt::format("{}", value.getDouble()) : value.getString();
    text += fmt::format("{}:{}:", value.getType(), bytes.size());
    text += bytes;
  }
  return core::sha256_hex(text);
}

void bind_value(SQLite::Statement& statement, int place, const SQLite::Column& value) {
  if (value.isNull()) {
    statement.bind(place);
  } else if (value.isInteger()) {
    statement.bind(place, value.getInt64());
  } else if (value.isFloat()) {
    statement.bind(place, value.getDouble());
  } else if (value.isBlob()) {
    const std::string bytes = value.getString();  // never a null pointer, which SQLite takes for NULL
    statement.bind(place, static_cast<const void*>(bytes.data()), static_cast<int>(bytes.size()));
  } else {
    statement.bind(place, value.getString());
  }
}

// Inserts what remains of `rows`.
void insert_rows(SQLite::Statement& rows, SQLite::Database& to, const std::string& table, size_t skipped) {
  const std::vector<std::string> names = columns_of(to, table);
  SQLite::Statement insert(
      to, fmt::format("INSERT INTO {} ({}) VALUES ({})", table, fmt::join(names, ", "), fmt::join(std::vector<char>(names.size(), '?'), ", ")));
  for (size_t row = 0; rows.executeStep(); ++row) {
    if (row < skipped) continue;
    for (int i = 0; i < rows.getColumnCount(); ++i) bind_value(insert, i + 1, rows.getColumn(i));
    insert.exec();
    insert.reset();
  }
}

// A workload may belong to many runs. Its hash says what it holds, so two texts under one hash are a damage.
void copy_workloads(const SQLite::Database& from, SQLite::Database& to, const std::string& run_id) {
  SQLite::Statement wanted(from,
                           "SELECT hash, json FROM workload JOIN (SELECT workload_hash, min(number) AS first FROM trial WHERE run_id = ? GROUP BY "
                           "workload_hash) ON hash = workload_hash ORDER BY first");
  wanted.bind(1, run_id);
  while (wanted.executeStep()) {
    const std::string hash = wanted.getColumn(0).getString();
    SQLite::Statement known(to, "SELECT json FROM workload WHERE hash = ?");
    known.bind(1, hash);
    if (known.executeStep()) {
      if (known.getColumn(0).getString() != wanted.getColumn(1).getString())
        throw DamagedRow(fmt::format("the workload {} has another content elsewhere.", hash));
      continue;
    }
    SQLite::Statement row(from, fmt::format("SELECT {} FROM workload WHERE hash = ?", fmt::join(columns_of(from, "workload"), ", ")));
    row.bind(1, hash);
    insert_rows(row, to, "workload", 0);
  }
}

}  // namespace

RunHashes hash_run(const SQLite::Database& database, const std::string& run_id) {
  RunHashes hashes;
  for (size_t t = 0; t < kRunTables.size(); ++t) {
    SQLite::Statement rows = rows_of(database, kRunTables[t], run_id);
    while (rows.executeStep()) hashes[t].push_back(hash_of(rows));
  }
  return hashes;
}

void copy_run(const SQLite::Database& from, SQLite::Database& to, const std::string& run_id, const RunHashes& known) {
  copy_workloads(from, to, run_id);
  for (size_t t = 0; t < kRunTables.size(); ++t) {
    SQLite::Statement rows = rows_of(from, kRunTables[t], run_id);
    insert_rows(rows, to, kRunTables[t].name, known[t].size());
  }
}

}  // namespace trainmark::store
