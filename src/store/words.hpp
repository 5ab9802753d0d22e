// The words that the file uses for kinds. They are part of the file format, so they live here: renaming something in
// the program must not change what old files mean.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "trial/records.hpp"

namespace trainmark::store {

template <class Kind, size_t n>
using Words = std::array<std::pair<Kind, std::string_view>, n>;

inline constexpr Words<trial::BlockKind, 3> kBlockWords = {
    {{trial::BlockKind::kWarmUp, "warm_up"}, {trial::BlockKind::kRewarm, "rewarm"}, {trial::BlockKind::kTimed, "timed"}}};

inline constexpr Words<trial::OutcomeKind, 9> kOutcomeWords = {{{trial::OutcomeKind::kFinished, "finished"},
                                                                {trial::OutcomeKind::kCrashed, "crashed"},
                                                                {trial::OutcomeKind::kOutOfMemory, "out_of_memory"},
                                                                {trial::OutcomeKind::kTimedOut, "timed_out"},
                                                                {trial::OutcomeKind::kUnsupported, "unsupported"},
                                                                {trial::OutcomeKind::kFailed, "failed"},
                                                                {trial::OutcomeKind::kProtocol, "protocol"},
                                                                {trial::OutcomeKind::kInterrupted, "interrupted"},
                                                                {trial::OutcomeKind::kAbandoned, "abandoned"}}};

template <class Kind, size_t n>
constexpr std::string_view word_of(const Words<Kind, n>& words, Kind kind) {
  for (const auto& [value, word] : words) {
    if (value == kind) return word;
  }
  return {};
}

template <class Kind, size_t n>
constexpr std::optional<Kind> kind_of(const Words<Kind, n>& words, std::string_view word) {
  for (const auto& [value, name] : words) {
    if (name == word) return value;
  }
  return std::nullopt;
}

}  // namespace trainmark::store
