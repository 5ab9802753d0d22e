// A platform under a second name: "cpu#2" is cpu once more, in processes of its own. It measures how far a platform differs from itself.
#pragma once

#include <string>
#include <string_view>

namespace trainmark::platforms {

/// "cpu" of "cpu#2"; every other name is its own.
inline std::string base_name(std::string_view name) {
  const size_t mark = name.rfind('#');
  const bool number =
      mark != std::string_view::npos && mark > 0 && mark + 1 < name.size() && name.find_first_not_of("0123456789", mark + 1) == std::string_view::npos;
  return std::string(number ? name.substr(0, mark) : name);
}

/// Two names of one platform.
inline bool is_twin(std::string_view a, std::string_view b) { return a != b && base_name(a) == base_name(b); }

}  // namespace trainmark::platforms
