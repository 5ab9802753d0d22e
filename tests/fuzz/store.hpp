// A store that nobody should have to trust: as an SQLite file of any bytes (store_file), and as a sound file with rows and
// tables that are not ours (store_sql: lines of SQL over a store with one of everything). Both are opened to read and to
// write, migrated where they are old, read whole and written to; errors name the file. What SQLite itself does with
// views, triggers and virtual tables is not tried.
#pragma once

#include <sqlite3.h>

#include <cstring>

#include "fuzz/target.hpp"
#include "store/store.hpp"
#include "store/store_testing.hpp"

namespace trainmark::fuzz {

/// Whether there is a result.
template <class T>
bool got(const core::Result<T>& result, const std::filesystem::path& path) {
  return result.ok() || refused(result.error(), path.string());
}

/// Opens the file in one way and does everything with it. Whether all went well.
inline bool visit_store(const std::filesystem::path& path, store::Access access) {
  auto opened = store::Store::open(path, {access, 0});
  if (!opened) return refused(opened.error(), path.string());
  const auto runs = opened->runs();
  bool all = got(runs, path);
  all &= got(opened->load_run(""), path);
  for (size_t i = 0; runs && i < std::min<size_t>(runs->size(), 3); ++i) all &= got(opened->load_run((*runs)[i].id), path);
  const auto unfinished = opened->find_unfinished("hash-of-study");
  all &= got(unfinished, path);
  if (access == store::Access::kReadOnly) return all;
  all &= got(opened->add(store::testing::run_record("00000000000000cc")), path);
  if (unfinished && *unfinished) all &= got(opened->abandon(**unfinished, 1), path);
  return all;
}

/// What it makes beside the file is removed with it.
inline bool visit_store_both_ways(const std::filesystem::path& path) {
  const bool read = visit_store(path, store::Access::kReadOnly), written = visit_store(path, store::Access::kReadWrite);
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) std::filesystem::remove(path.string() + suffix);
  return read && written;
}

inline bool store_file(Input input) {
  const auto path = scratch() / "store_file.sqlite";
  put(path, as_text(input));
  return visit_store_both_ways(path);
}

/// SQLite asks before every part of a statement; see the head of this file.
inline int authorize(void*, int action, const char* first, const char*, const char*, const char*) {
  switch (action) {
    case SQLITE_ATTACH:
    case SQLITE_DETACH:
    case SQLITE_CREATE_VIEW:
    case SQLITE_CREATE_TEMP_VIEW:
    case SQLITE_CREATE_TRIGGER:
    case SQLITE_CREATE_TEMP_TRIGGER:
    case SQLITE_CREATE_VTABLE:
    case SQLITE_RECURSIVE:
      return SQLITE_DENY;
    case SQLITE_PRAGMA:
      return std::strcmp(first, "user_version") == 0 || std::strcmp(first, "application_id") == 0 ? SQLITE_OK : SQLITE_DENY;
    default:
      return SQLITE_OK;
  }
}

/// Runs every line as a statement; what SQLite refuses is left out.
inline void run_sql(const std::filesystem::path& path, std::string_view lines) {
  sqlite3* database = nullptr;
  CHECK(sqlite3_open(path.c_str(), &database) == SQLITE_OK, "the base can be opened");
  sqlite3_exec(database, "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF", nullptr, nullptr, nullptr);
  sqlite3_limit(database, SQLITE_LIMIT_LENGTH, 1 << 20);
  sqlite3_set_authorizer(database, authorize, nullptr);
  int steps = 0;
  sqlite3_progress_handler(
      database, 1000, [](void* count) { return ++*static_cast<int*>(count) > 100 ? 1 : 0; }, &steps);
  for (int i = 0; i < 20 && !lines.empty(); ++i) sqlite3_exec(database, std::string(take_line(lines)).c_str(), nullptr, nullptr, nullptr);
  sqlite3_close(database);
}

inline bool store_sql(Input input) {
  static const std::string kBase = [] {
    const auto path = scratch() / "base.sqlite";
    {
      auto store = store::Store::open(path).value();
      store::testing::add_everything(store);
    }
    return core::read_file(path).value();
  }();
  const auto path = scratch() / "store_sql.sqlite";
  put(path, kBase);
  run_sql(path, as_text(input));
  return visit_store_both_ways(path);
}

}  // namespace trainmark::fuzz
