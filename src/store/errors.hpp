// SQLite's errors as sentences: what is wrong with which file, and what to do. Exceptions of SQLiteCpp end here.
#pragma once

#include <SQLiteCpp/Exception.h>

#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>

#include "core/result.hpp"

namespace trainmark::store {

/// A row that cannot be what we wrote. Thrown while reading, turned into an Error by guarded().
struct DamagedRow : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// `doing` completes "... could not ___", e.g. "add an outcome".
core::Error to_error(const SQLite::Exception& failure, const std::filesystem::path& path, std::string_view doing);

/// Calls `body`, which returns a Result<T>, and turns exceptions into its Error.
template <class T, class Body>
core::Result<T> guarded(const std::filesystem::path& path, std::string_view doing, Body&& body) {
  try {
    return body();
  } catch (const SQLite::Exception& failure) {
    return to_error(failure, path, doing);
  } catch (const DamagedRow& failure) {
    return core::tool_error("The store '" + path.string() + "' is damaged: " + failure.what() + " Use a copy of it.");
  }
}

}  // namespace trainmark::store
