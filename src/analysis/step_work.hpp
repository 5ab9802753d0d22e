// What a step computes and moves, piece by piece, from the workload alone: the plan that every platform is given, and for the engine
// `cpu` the plan that it makes of it.
#pragma once

#include <vector>

#include "analysis/roofline.hpp"
#include "core/json.hpp"
#include "plan/plan.hpp"
#include "workload/workload.hpp"

namespace trainmark::analysis {

/// Every operation once, as if nothing were fused. Of nearest neighbours one piece: all training samples and the queries of a batch.
std::vector<Piece> compulsory_pieces(const workload::Workload& workload);

/// What the engine `cpu` executes and touches; `kernels` and `executed_shares` are what it recorded at `prepare`, by operation: where a
/// share is missing, all counted FLOPs are executed. Empty when the kernels are not known.
std::vector<Piece> implementation_pieces(const workload::Workload& workload, const core::Json& kernels, const core::Json& executed_shares);

/// The same for a plan at hand: an entry for each of its operations.
std::vector<Piece> implementation_pieces(const plan::Plan& engine_plan, const std::vector<std::string>& kernels, const std::vector<double>& executed_shares);

/// Bytes that any implementation must fetch in a step, and what they are fetched from.
struct LeastBytes {
  int64_t input_bytes = 0, input_set_bytes = 0;  ///< the batch's pixels; of all training samples, which an epoch goes through
  int64_t state_bytes = 0, state_set_bytes = 0;  ///< parameters and optimiser state, read and written; what they take
};
LeastBytes least_bytes(const workload::Workload& workload);

}  // namespace trainmark::analysis
