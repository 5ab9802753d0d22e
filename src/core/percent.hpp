// Numbers that people write with or without a sign of per cent.
#pragma once

#include <cmath>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

namespace trainmark::core {

struct NumberOrPercent {
  double number = 0;  ///< as it is written: 5 of "5%"
  bool percent = false;
  double fraction() const { return percent ? number / 100 : number; }
};

/// Of "5%", "5 %" and "0.05"; nothing of other words and of what is not finite.
inline std::optional<NumberOrPercent> read_percent(std::string_view text) {
  const std::string words(text);
  char* end = nullptr;
  NumberOrPercent read{std::strtod(words.c_str(), &end), false};
  if (end == words.c_str() || !std::isfinite(read.number)) return std::nullopt;
  const std::string_view sign = std::string_view(words).substr(static_cast<size_t>(end - words.c_str()));
  read.percent = sign == "%" || sign == " %";
  return read.percent || sign.empty() ? std::optional(read) : std::nullopt;
}

}  // namespace trainmark::core
