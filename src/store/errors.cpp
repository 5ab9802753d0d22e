// One sentence per kind of failure; the rest is passed on with SQLite's own words.
#include "store/errors.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

namespace trainmark::store {

core::Error to_error(const SQLite::Exception& failure, const std::filesystem::path& path, std::string_view doing) {
  const std::string file = path.string();
  switch (failure.getErrorCode() & 0xFF) {
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return core::tool_error(fmt::format("The store '{}' is not writable here, so trainmark could not {}; choose another folder with --out.", file, doing));
    case SQLITE_CANTOPEN:
      return core::tool_error(fmt::format(
          "The store '{}' cannot be opened ({}); check that the folder exists and may be written to, or choose another with --out.", file, failure.what()));
    case SQLITE_NOTADB:
      return core::usage_error(fmt::format("'{}' is not a store of trainmark, nor any SQLite file; move it away or choose another folder with --out.", file));
    case SQLITE_CORRUPT:
      return core::tool_error(
          fmt::format("The store '{}' is damaged ({}), so trainmark could not {}; use a copy, or move it away.", file, failure.what(), doing));
    case SQLITE_FULL:
      return core::tool_error(
          fmt::format("The disk that holds '{}' is full, so trainmark could not {}; free some space and go on with --resume.", file, doing));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return core::tool_error(fmt::format(
          "The store '{}' has been locked by another process for too long, so trainmark could not {}; wait for that process or end it.", file, doing));
    case SQLITE_IOERR:
      return core::tool_error(
          fmt::format("The disk that holds '{}' failed ({}), so trainmark could not {}; check its space, quota and health.", file, failure.what(), doing));
    case SQLITE_CONSTRAINT:
      return core::tool_error(fmt::format("The store '{}' refused to {}: {}", file, doing, failure.what()));
    default:
      return core::tool_error(fmt::format("The store '{}' could not {}: {}", file, doing, failure.what()));
  }
}

}  // namespace trainmark::store
