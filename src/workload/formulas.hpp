// The meaning of a workload in words: what workload.json says beside the numbers.
#pragma once

#include "core/json.hpp"

namespace trainmark::workload {

/// Formulas of trainings, or of searches for nearest neighbours, in words.
core::Json formulas(bool neighbours = false);

}  // namespace trainmark::workload
