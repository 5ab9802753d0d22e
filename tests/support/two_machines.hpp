// One run on "laptop" and the same work on "cloud", half as fast again, where one platform failed its proof.
#pragma once

#include "analysis/comparison.hpp"
#include "analysis/machines.hpp"
#include "support/made_up_ceilings.hpp"
#include "support/scripted_run.hpp"

namespace trainmark::tests {

/// The comparison of the laptop's run, with the cloud's beside it. `processes`: of each platform on each machine.
inline analysis::Comparison two_machines(int64_t processes = 5) {
  const auto steps = [](int64_t step_ns) { return [step_ns](int64_t repetition, int64_t) { return step_ns + step_ns / 1000 * repetition; }; };
  auto laptop = with_ceilings(scripted_run({{.platform = "cpu", .processes = processes, .step_ns = steps(1'000'000)},
                                            {.platform = "numpy", .processes = processes, .step_ns = steps(3'000'000)}},
                                           "cpu"),
                              {made_up_ceilings(100)});
  auto cloud = with_ceilings(scripted_run({{.platform = "cpu", .processes = processes, .step_ns = steps(1'500'000)},
                                           {.platform = "jax-cpu", .processes = processes, .step_ns = steps(1'000), .verdict = "failed"}},
                                          "cpu"),
                             {made_up_ceilings(50)});
  laptop.run.id = "aaaaaaaaaaaaaaaa";
  cloud.run.id = "bbbbbbbbbbbbbbbb";
  laptop.run.environment["label"] = "laptop";
  cloud.run.environment["label"] = "cloud";
  analysis::Comparison shown = analysis::compare(laptop).value();
  const analysis::Comparison other = analysis::compare(cloud).value();
  shown.machines = analysis::compare_machines({&laptop, &shown}, {{&cloud, &other}});
  return shown;
}

}  // namespace trainmark::tests
