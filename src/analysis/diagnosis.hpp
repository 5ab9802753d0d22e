// What a roofline says, in sentences: each by one rule, from figures that the sentence names.
#pragma once

#include <string>
#include <vector>

#include "analysis/roofline.hpp"

namespace trainmark::analysis {

// When a rule speaks. Shares and fractions of 1.
inline constexpr double kLargeShare = 0.4;    ///< of a step: an operation that explains it
inline constexpr double kNotableRest = 0.2;   ///< of a step, outside of every operation
inline constexpr double kMovingShare = 0.4;   ///< of a step, in operations without products
inline constexpr double kNearRoof = 0.7;      ///< fraction from which faster is hardly possible
inline constexpr double kFarFromRoof = 0.05;  ///< below it neither arithmetic nor bandwidth explains the time
inline constexpr double kSlowLineNs = 100;    ///< a cache line from core to core: within one chip it takes 30 to 60
inline constexpr double kShortStepNs = 200'000;

/// "72 % of this step is pooling (forward), which moves 3.2 MB and reaches 9 % of memory bandwidth." The largest operation.
std::string largest_operation(const Roofline& lines);
/// The part that is in no operation.
std::string rest_of_step(const Roofline& lines);
/// Everything that only moves data, together, where no single operation explains the step.
std::string moving_operations(const Roofline& lines);
/// How far the step is from what its roofs allow, and from which of them.
std::string whole_step(const Roofline& lines);
/// Threads that wait for each other's cache lines.
std::string slow_lines(const Roofline& lines, const Roof& roof);

/// All that apply, the most telling first.
std::vector<std::string> diagnose(const Roofline& lines, const Roof& roof);

/// "matrix multiplication" of "matrix_multiplication"; names of a plan's operations ("fc1.grad_data") stay as they are.
std::string operation_text(const std::string& word);

}  // namespace trainmark::analysis
