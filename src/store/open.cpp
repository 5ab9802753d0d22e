// Opening: the file is made or recognised, its schema version checked, and the journal chosen.
//
// WAL (write-ahead log) lets readers and a writer work at once and makes a commit one write without a flush. It needs
// memory shared between all processes that use the file, so it is not used on network file systems.
#include <SQLiteCpp/Backup.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/vfs.h>

#include <chrono>
#include <thread>

#include "store/connection.hpp"
#include "store/errors.hpp"
#include "store/migrations.hpp"
#include "store/schema_sql.hpp"

namespace trainmark::store {
namespace {

constexpr int kApplicationId = 0x54726D6B;  // "Trmk": marks the file as ours

struct FileState {
  int application_id = 0, version = 0, tables = 0;
};

FileState file_state(SQLite::Database& database) {
  return {database.execAndGet("PRAGMA application_id").getInt(), database.execAndGet("PRAGMA user_version").getInt(),
          database.execAndGet("SELECT count(*) FROM sqlite_master").getInt()};
}

core::Result<void> check_state(const FileState& state, const std::filesystem::path& path, Access access) {
  const std::string file = path.string();
  if (state.tables == 0) {
    if (access == Access::kReadWrite) return {};
    return core::usage_error(fmt::format("The store '{}' is empty; 'trainmark run' fills it.", file));
  }
  if (state.application_id != kApplicationId) {
    return core::usage_error(fmt::format("'{}' is an SQLite file of another program, not a store of trainmark; choose another folder with --out.", file));
  }
  if (state.version > kSchemaVersion) {
    return core::usage_error(
        fmt::format("The store '{}' has schema version {}, written by a newer trainmark; this one knows versions up to {}. Update trainmark.", file,
                    state.version, kSchemaVersion));
  }
  if (state.version < 1) {  // the first version is 1; user_version is signed, and indexes the migrations
    return core::tool_error(
        fmt::format("The store '{}' has schema version {}, which no trainmark writes; the file is damaged: use a copy, or move it away.", file, state.version));
  }
  return {};
}

void migrate(SQLite::Database& database, int version) {
  for (; version < kSchemaVersion; ++version) database.exec(kMigrations.at(static_cast<size_t>(version - 1)));
}

// Within one transaction, so that of two processes that open a new file at once the second finds it made.
core::Result<void> make_schema(SQLite::Database& database, const std::filesystem::path& path) {
  database.exec("BEGIN IMMEDIATE");
  const FileState state = file_state(database);
  if (const auto checked = check_state(state, path, Access::kReadWrite); !checked) return checked;
  if (state.tables == 0) {
    database.exec(kSchemaSql);
  } else {
    migrate(database, state.version);
  }
  if (state.tables == 0 || state.version != kSchemaVersion) {
    database.exec(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", kApplicationId, kSchemaVersion));
  }
  database.exec("COMMIT");
  return {};
}

// SQLite answers "busy" at once, without waiting, when two connections change the journal or recover it together.
template <class Body>
auto patiently(int timeout_ms, Body&& body) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
  for (;;) {
    try {
      return body();
    } catch (const SQLite::Exception& failure) {
      const int code = failure.getErrorCode() & 0xFF;
      if ((code != SQLITE_BUSY && code != SQLITE_LOCKED) || std::chrono::steady_clock::now() > deadline) throw;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

// A file in WAL mode cannot be read in a folder that cannot be written to (SQLite wants to make the log's index there)
// unless it is said to be immutable, which it is as long as no log lies beside it.
SQLite::Database open_read_only(const std::filesystem::path& path, int busy_timeout_ms) {
  try {
    SQLite::Database database(path.string(), SQLite::OPEN_READONLY, busy_timeout_ms);
    file_state(database);
    return database;
  } catch (const SQLite::Exception& failure) {
    std::error_code ignored;
    const bool has_log = std::filesystem::exists(path.string() + "-wal", ignored);
    const int code = failure.getErrorCode() & 0xFF;
    if (has_log || (code != SQLITE_CANTOPEN && code != SQLITE_READONLY)) throw;
  }
  std::string uri = "file:";
  for (const char c : std::filesystem::absolute(path).string()) uri += c == '?' || c == '#' || c == '%' ? fmt::format("%{:02X}", c) : std::string(1, c);
  return {uri + "?immutable=1", SQLite::OPEN_READONLY | SQLite::OPEN_URI, busy_timeout_ms};
}

// The mode that the file is in afterwards.
bool switch_to_wal(SQLite::Database& database, const std::filesystem::path& path, std::string& note) {
  std::string reason = why_no_wal(path.parent_path());
  if (reason.empty()) {
    const std::string mode = database.execAndGet("PRAGMA journal_mode = WAL").getString();
    if (mode == "wal") return true;
    reason = fmt::format("SQLite stayed with the journal mode '{}'", mode);
  } else {
    database.execAndGet("PRAGMA journal_mode = DELETE");
  }
  note = fmt::format("The store '{}' works without a write-ahead log ({}); keeping a block takes longer.", path.string(), reason);
  return false;
}

core::Result<void> make_folder(const std::filesystem::path& path) {
  std::error_code failure;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), failure);
  if (!failure) return {};
  return core::tool_error(
      fmt::format("The results folder '{}' cannot be made: {}; choose another with --out.", path.parent_path().string(), failure.message()));
}

}  // namespace

std::string why_no_wal(const std::filesystem::path& folder) {
  struct statfs system {};
  if (statfs(folder.empty() ? "." : folder.c_str(), &system) != 0) return {};
  // Magic numbers of statfs(2) and of linux/magic.h.
  switch (static_cast<uint32_t>(system.f_type)) {
    case 0x6969:
      return "the folder is on NFS";
    case 0x517B:
    case 0xFF534D42:
    case 0xFE534D42:
      return "the folder is on SMB";
    case 0x01021997:
      return "the folder is on a 9P share";
    case 0x5346414F:
      return "the folder is on AFS";
    case 0x00C36400:
      return "the folder is on Ceph";
    case 0x0BD00BD0:
      return "the folder is on Lustre";
    case 0x47504653:
      return "the folder is on GPFS";
    case 0x19830326:
      return "the folder is on BeeGFS";
    default:
      return {};
  }
}

core::Result<Store> Store::open(const std::filesystem::path& path, const Options& options) {
  const bool writes = options.access == Access::kReadWrite;
  if (writes) {
    if (auto made = make_folder(path); !made) return made.error();
  } else if (std::error_code ignored; !std::filesystem::exists(path, ignored)) {
    return core::usage_error(fmt::format("There is no store at '{}'; 'trainmark run' makes one, --out says in which folder it is.", path.string()));
  }
  return guarded<Store>(path, "open it", [&]() -> core::Result<Store> {
    auto connection = std::unique_ptr<Connection>(
        new Connection{path,
                       writes ? SQLite::Database(path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, options.busy_timeout_ms)
                              : open_read_only(path, options.busy_timeout_ms),
                       false, -1, ""});
    SQLite::Database& database = connection->database;
    if (auto checked = patiently(options.busy_timeout_ms, [&] { return check_state(file_state(database), path, options.access); }); !checked) {
      return checked.error();
    }
    if (!writes) return Store(std::move(connection));
    if (sqlite3_db_readonly(database.getHandle(), "main") == 1) {
      return core::tool_error(fmt::format("The store '{}' is not writable; change its permissions or choose another folder with --out.", path.string()));
    }
    connection->wal = patiently(options.busy_timeout_ms, [&] { return switch_to_wal(database, path, connection->note); });
    // The log is copied into the file by us, after a trial has ended (write.cpp), never in the middle of its blocks.
    database.exec("PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = 0");
    const auto made = patiently(options.busy_timeout_ms, [&] { return make_schema(database, path); });
    if (!made) return made.error();
    return Store(std::move(connection));
  });
}

core::Result<int> Store::copy_to(const std::filesystem::path& path) const {
  return guarded<int>(connection_->path, "copy it", [&]() -> core::Result<int> {
    SQLite::Database copy(path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, 0);
    SQLite::Backup(copy, connection_->database).executeStep(-1);
    return copy.execAndGet("PRAGMA user_version").getInt();
  });
}

Store::Store(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;
const std::string& Store::note() const { return connection_->note; }

}  // namespace trainmark::store
