// The text of a workload.json, as workers get it. What is accepted must be what we would write.
#pragma once

#include "core/json.hpp"
#include "fuzz/target.hpp"
#include "workload/workload.hpp"

namespace trainmark::fuzz {

inline bool workload_json(Input input) {
  const auto json = core::parse_json(as_text(input), "the file 'workload.json'");
  if (!json) return refused(json.error(), "the file 'workload.json'");
  const auto workload = workload::from_json(*json);
  if (!workload) return refused(workload.error(), "");
  CHECK(workload::to_json(*workload) == *json, "what is accepted is what would be written");
  CHECK(workload::total_steps(*workload) >= 0, "steps are counted from 0");
  return true;
}

}  // namespace trainmark::fuzz
