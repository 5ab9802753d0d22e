// A study file. Refusals name file and line.
#pragma once

#include "fuzz/target.hpp"
#include "workload/study.hpp"

namespace trainmark::fuzz {

inline bool study(Input input) {
  const auto parsed = workload::parse_study(as_text(input), "study.toml");
  if (!parsed) return refused(parsed.error(), "study.toml:");
  CHECK(!parsed->workloads.empty() && !parsed->platforms.empty(), "a study has something to run");
  CHECK(parsed->repetitions > 0 && !parsed->threads.empty(), "and how often, on how many threads");
  return true;
}

}  // namespace trainmark::fuzz
