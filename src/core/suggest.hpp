// "Did you mean": the nearest of the known words, for errors about names that people type.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace trainmark::core {

/// The known word with the smallest edit distance to `word`, or "" when none is near (distance above a third of the
/// longer length) and none begins with it ("pad" for "padding").
std::string nearest_word(std::string_view word, const std::vector<std::string>& known);

/// " (did you mean 'X'?)" or "".
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);

}  // namespace trainmark::core
