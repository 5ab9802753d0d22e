// The meaning of a workload in words: what workload.json says beside the numbers.
#pragma once

#include "core/json.hpp"

namespace trainmark::workload {

/// Formulas by subject: normalisation, initialisers, layers, loss, optimiser, order. The same for every workload.
core::Json formulas();

}  // namespace trainmark::workload
