// The passes that turn a plan into what the engine `cpu` runs, in the order in which they run; after them plan_arena.
#pragma once

#include "plan/plan.hpp"

namespace trainmark::plan {

/// Joins ReLUs with the operation before them, forward and backward: see fuse.cpp.
Plan fuse(Plan plan);

/// How convolutions and pooling take their activations: kImageLanes, or kPaddedRows for small batches. By shapes alone.
Layout spatial_layout(const Plan& plan);

/// Chooses the layout of every tensor and inserts conversions where two meet: see assign_layouts.cpp.
Plan assign_layouts(Plan plan);

/// Joins convolutions, and their gradients, with the max pool behind them: see join_pools.cpp.
Plan join_pools(Plan plan);

/// Divides a first dense layer with large weights by its inputs: see split_inputs.cpp.
Plan split_inputs(Plan plan);

/// Groups operations into stages with tasks, decides which gradients are summed from partials, and where tensors live:
/// see form_stages.cpp.
Plan form_stages(Plan plan);

/// All of them and plan_arena.
Plan engine_plan(const Plan& plan);

/// Rows of a parameter, its gradient or its partials as laid out, and values from one row to the next. What a stage of
/// Axis::kOutputs divides is the rows of the first output of its operations (of the parameter, for an update).
int64_t row_count(const Tensor& tensor);
int64_t row_stride(const Tensor& tensor);

/// Rows that a stage of outputs divides for this operation; channels for batch normalisation.
int64_t divided_rows(const Plan& plan, const Op& op);

}  // namespace trainmark::plan
