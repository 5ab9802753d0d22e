// What is not known is null in JSON.
#pragma once

#include <string>

#include "core/json.hpp"

namespace trainmark::core {

/// The value of an optional or a Result, else null.
template <class Maybe>
Json or_null(const Maybe& value) {
  return value ? Json(*value) : Json();
}

/// An empty text says nothing.
inline Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

}  // namespace trainmark::core
