// Whether a series took a step: the test of Pettitt ("A non-parametric approach to the change-point problem", Applied Statistics 28 (1979)), which
// asks of every place in the series whether the values before it tend to be larger or smaller than those after it, and takes the place where they do most.
// Ranks, not means: one burst is no step.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace trainmark::statistics {

struct Change {
  size_t first = 0;  ///< of the second part
  double p = 1;      ///< of "there is no step", approximately, and rather too large than too small
  double shift = 0;  ///< median of the second part over that of the first, minus 1
};

/// The likeliest step of a series of positive values in the order of time. Nothing below eight values: no p-value could be small then.
std::optional<Change> find_change(std::span<const double> series);

}  // namespace trainmark::statistics
