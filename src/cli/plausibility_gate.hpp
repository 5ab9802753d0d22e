// The gate at the end of a run: figures above a ceiling have that ceiling measured again, and what stays above is said to be impossible.
#pragma once

#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "store/store.hpp"

namespace trainmark::cli {

/// The short form for these thread counts, as the figures of a reading of kind "ceilings". About half a second each.
core::Json measure_ceilings(const std::vector<int>& threads);

/// Adds a second reading to the run where a figure lies above a ceiling. True when a platform's step time is impossible here all the same; a
/// sentence about each on stderr.
core::Result<bool> find_impossible(store::Store& store, const std::string& run_id);

}  // namespace trainmark::cli
