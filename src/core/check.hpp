// CHECK(condition, message): a broken invariant of our own ends the process with the place and the reason.
//
// Only for what cannot happen unless trainmark itself is wrong; what a user or a machine can cause is a Result. The
// message expression is evaluated only on failure. CHECKs stay on in Release builds, so they stand outside hot loops.
#pragma once

#include <string_view>

namespace trainmark::core {
[[noreturn]] void check_failed(std::string_view condition, std::string_view message, const char* file, int line);
}  // namespace trainmark::core

#define CHECK(condition, message)                                                 \
  do {                                                                            \
    if (!(condition)) [[unlikely]] {                                              \
      ::trainmark::core::check_failed(#condition, (message), __FILE__, __LINE__); \
    }                                                                             \
  } while (false)
