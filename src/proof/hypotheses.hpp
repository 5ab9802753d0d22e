// Mistakes that change the loss of a step: the reference makes each of them and sees which one the worker's loss fits.
#pragma once

#include <optional>
#include <string>

#include "proof/diagnosis.hpp"

namespace trainmark::proof {

/// The mistake whose loss is the worker's, in words; empty when none fits.
std::optional<std::string> explain_loss(Oracle& oracle, const WrongStep& wrong);

/// Samples of a batch as other mistaken workers would take them, each with its words.
struct BatchMistake {
  std::string words;
  std::vector<int32_t> indices;
};
std::vector<BatchMistake> batch_mistakes(const workload::Materials& materials, int64_t step);

}  // namespace trainmark::proof
