// The recipe as JSON: the members of workload.json under "recipe".
#pragma once

#include "core/json.hpp"
#include "workload/workload.hpp"

namespace trainmark::workload {

/// Every optimiser and schedule writes its own constants and no other's.
core::Json recipe_to_json(const Recipe& recipe);

/// Inverse; errors name the key. What is read has been checked by find_problem (recipe.cpp).
core::Result<Recipe> recipe_from_json(const core::Json& json);

}  // namespace trainmark::workload
