// How many of the lanes that an operation's vectors have can carry a result, by its shape and the layout that was chosen.
#pragma once

#include "plan/plan.hpp"

namespace trainmark::plan {

/// Share of the lanes, (0, 1], in which the engine's vectors hold values of the operation and no padding: images, positions of an image, or
/// columns of a matrix, in sixteens. 10 classes fill 10 of 16 lanes. The plan has layouts (cpu's); 1 for operations that multiply nothing.
double lane_fill(const Plan& plan, const Op& op);

}  // namespace trainmark::plan
