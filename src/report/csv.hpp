// Fields of CSV files (RFC 4180).
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <optional>
#include <string>

namespace trainmark::report {

/// A text between quotes; line breaks, which spreadsheets stumble over, become spaces.
inline std::string csv_text(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c == '\n' || c == '\r' ? ' ' : c);
  return out + "\"";
}

/// The same, without quotes where it needs none.
inline std::string csv_field(const std::string& text) { return text.find_first_of(",\"\r\n") == std::string::npos ? text : csv_text(text); }

/// An empty field where the figure is unknown.
inline std::string csv_number(const std::optional<double>& value, int digits) {
  return value && std::isfinite(*value) ? fmt::format("{:.{}g}", *value, digits) : "";
}

}  // namespace trainmark::report
