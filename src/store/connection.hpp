// The open file behind a Store: a connection whose schema has been checked.
#pragma once

#include <SQLiteCpp/Database.h>

#include <filesystem>
#include <string>

#include "store/store.hpp"

namespace trainmark::store {

struct Store::Connection {
  std::filesystem::path path;
  SQLite::Database database;
  bool wal = false;      ///< write-ahead log; else SQLite's default journal
  int synchronous = -1;  ///< what PRAGMA synchronous was last set to
  std::string note;      ///< see Store::note
};

/// Why a write-ahead log must not be used in this folder: its file system is shared between machines. "" when it may.
std::string why_no_wal(const std::filesystem::path& folder);

}  // namespace trainmark::store
