// Which samples become the test split of files that bring none: a fifth, drawn by a fixed seed, the same on every machine.
//
// Drawn, and not the last fifth or every fifth: files are often sorted by class, or have the classes in turn, and either
// way such a test split would lack classes. Both splits keep the order of the file.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace trainmark::data {

/// Of `count` samples: true for the count / 5 that are held out for testing. Usage error, beginning with `where`: fewer
/// than five samples.
core::Result<std::vector<bool>> held_out(int64_t count, std::string_view where);

}  // namespace trainmark::data
