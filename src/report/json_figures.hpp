// Figures of reports as JSON: null is unknown, since JSON has neither NaN nor infinity.
#pragma once

#include <cmath>
#include <optional>

#include "core/json.hpp"
#include "statistics/bootstrap.hpp"

namespace trainmark::report {

inline core::Json number_json(const std::optional<double>& value) { return value && std::isfinite(*value) ? core::Json(*value) : core::Json(nullptr); }

inline core::Json interval_json(const std::optional<statistics::Interval>& i) {
  return i ? core::Json{{"low", number_json(i->low)}, {"high", number_json(i->high)}} : core::Json(nullptr);
}

}  // namespace trainmark::report
