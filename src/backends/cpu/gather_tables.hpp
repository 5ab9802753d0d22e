// The normalisation table in the fastest form that gives the same floats to the bit.
#pragma once

#include "backends/cpu/bound_op.hpp"

namespace trainmark::backends::cpu {

/// Whether `tables` were made of this normalisation.
bool same_tables(const GatherTables& tables, const data::NormalisationTable& normalisation);

/// Makes them anew, in place; allocates only when the number of channels changes. `fused`: the kernels' multiply-add
/// rounds once; without it only the table itself is exact. `background`: the pixel that differences are taken from.
void make_tables(const data::NormalisationTable& normalisation, bool fused, uint8_t background, GatherTables& tables);

}  // namespace trainmark::backends::cpu
