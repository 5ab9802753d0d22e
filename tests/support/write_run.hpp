// A made-up run (scripted_run.hpp) as the program finds it: in the store of a results folder.
#pragma once

#include <filesystem>
#include <string>

#include "store/store.hpp"

namespace trainmark::tests {

/// Adds the run under another id, with a label of its machine; ids of its trials become those of the run.
inline void write_run(const std::filesystem::path& folder, store::RunData data, const std::string& id, const std::string& label, int64_t started_wall_ns) {
  store::Store store = store::Store::open(folder / store::kFileName).value();
  data.run.id = id;
  data.run.environment["label"] = label;
  data.run.started_wall_ns = started_wall_ns;
  store.add(data.run).value();
  for (const auto& workload : data.workloads) store.add(workload).value();
  for (store::TrialData& t : data.trials) {
    const std::string trial = id + "-" + t.trial.platform + "-" + t.trial.workload_hash.substr(0, 4) + "-" + std::to_string(t.trial.repetition);
    t.trial.id = trial;
    t.trial.run_id = id;
    store.add(t.trial).value();
    if (t.preparation) {
      t.preparation->trial_id = trial;
      store.add(*t.preparation).value();
    }
    for (auto& block : t.blocks) {
      block.trial_id = trial;
      store.add(block).value();
    }
    for (auto& evaluation : t.evaluations) {
      evaluation.trial_id = trial;
      store.add(evaluation).value();
    }
    if (t.verdict) {
      t.verdict->trial_id = trial;
      store.add(*t.verdict).value();
    }
    if (t.outcome) {
      t.outcome->trial_id = trial;
      store.add(*t.outcome).value();
    }
  }
  for (auto& end : data.ends) {
    end.run_id = id;
    store.add(end).value();
  }
}

}  // namespace trainmark::tests
