// The words of workload.json for the alternatives that C++ writes as enums, and the list of each. One place, so that
// writing, reading, study files and error messages cannot differ.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/batch_order.hpp"
#include "network/initialiser.hpp"
#include "plan/schedule.hpp"
#include "plan/training.hpp"
#include "workload/workload.hpp"

namespace trainmark::workload {

inline constexpr std::array<data::LastBatch, 3> kLastBatches = {data::LastBatch::kPad, data::LastBatch::kKeep, data::LastBatch::kDrop};
constexpr std::string_view last_batch_name(data::LastBatch last) {
  switch (last) {
    case data::LastBatch::kPad:
      return "pad";
    case data::LastBatch::kKeep:
      return "keep";
    case data::LastBatch::kDrop:
      return "drop";
  }
  return "";
}

inline constexpr std::array<network::Initialiser::Kind, 5> kInitialisers = {network::Initialiser::Kind::kZeros, network::Initialiser::Kind::kOnes,
                                                                            network::Initialiser::Kind::kHeNormal, network::Initialiser::Kind::kScaledNormal,
                                                                            network::Initialiser::Kind::kPytorchUniform};

inline constexpr std::array<plan::Optimiser::Kind, 4> kOptimisers = {plan::Optimiser::Kind::kSgd, plan::Optimiser::Kind::kAdam, plan::Optimiser::Kind::kAdamW,
                                                                     plan::Optimiser::Kind::kRmsprop};
inline constexpr std::array<plan::Schedule::Kind, 3> kSchedules = {plan::Schedule::Kind::kConstant, plan::Schedule::Kind::kStep, plan::Schedule::Kind::kCosine};
inline constexpr std::array<plan::Loss::Kind, 2> kLosses = {plan::Loss::Kind::kSoftmaxCrossEntropy, plan::Loss::Kind::kMeanSquaredError};

inline constexpr std::array<Validation, 2> kValidations = {Validation::kLast, Validation::kRandom};
constexpr std::string_view validation_name(Validation validation) { return validation == Validation::kLast ? "last" : "random"; }

/// The alternative of that name, or nothing.
template <class Kinds, class Name>
auto find_kind(const Kinds& kinds, Name name_of, std::string_view word) -> std::optional<typename Kinds::value_type> {
  for (const auto kind : kinds) {
    if (name_of(kind) == word) return kind;
  }
  return std::nullopt;
}

/// The names of all alternatives.
template <class Kinds, class Name>
std::vector<std::string> kind_names(const Kinds& kinds, Name name_of) {
  std::vector<std::string> names;
  for (const auto kind : kinds) names.emplace_back(name_of(kind));
  return names;
}

}  // namespace trainmark::workload
