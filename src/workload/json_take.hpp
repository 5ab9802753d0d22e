// Reading members of a JSON object one after the other; the first error stays and the rest is skipped.
#pragma once

#include <optional>
#include <string_view>

#include "core/json.hpp"

namespace trainmark::workload {

/// Reads a member into its place, or returns false and leaves the error.
template <class T>
bool take(const core::Json& object, std::string_view key, std::string_view where, T& place, std::optional<core::Error>& error) {
  if (error) return false;
  auto value = core::get<T>(object, key, where);
  if (!value) {
    error = value.error();
    return false;
  }
  place = std::move(*value);
  return true;
}

}  // namespace trainmark::workload
