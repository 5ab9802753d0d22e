// The one place that ends the process on a broken invariant.
#include "core/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace trainmark::core {

void check_failed(std::string_view condition, std::string_view message, const char* file, int line) {
  std::fprintf(stderr, "trainmark: broken invariant at %s:%d: %.*s (%.*s); please report this\n", file, line, static_cast<int>(message.size()), message.data(),
               static_cast<int>(condition.size()), condition.data());
  std::abort();
}

}  // namespace trainmark::core
