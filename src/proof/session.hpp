// What all checks of one proof share: the worker, the reference, the worker's number type, and what was found so far.
#pragma once

#include <optional>
#include <string>

#include "proof/error_model.hpp"
#include "proof/proof.hpp"

namespace trainmark::proof {

struct Session {
  worker::Client& client;
  const workload::Materials& materials;
  const TimedEvidence& evidence;
  const ProofOptions& options;
  Oracle oracle;
  Precision precision;
  bool gives_gradients = false;   ///< the worker has the ability
  bool masks_from_files = false;  ///< the network has dropout, and the worker takes masks only for the steps that are checked
  ProofReport report;
  std::optional<worker::Failure> failure;        ///< the worker refused or died: the proof ends here
  std::map<std::string, double> smallest_fault;  ///< by parameter: the best of all checked steps

  const workload::Recipe& recipe() const { return materials.workload.recipe; }
};

/// Adds a finding that passed or failed by itself.
void add_statement(Session& session, std::string check, bool passed, std::string detail);

/// Adds a finding that compares: passes when ratio <= 1 (NaN does not).
void add_comparison(Session& session, std::string check, double ratio, std::string detail);

/// The worker's answer, or null after having noted the failure.
template <class T>
T* take(Session& session, worker::Answer<T>& answer) {
  if (answer.ok()) return &*answer;
  session.failure = answer.failure();
  return nullptr;
}

/// Loads `state` as the state before `step`. False: the worker failed.
bool load_state(Session& session, core::TensorMap state, int64_t step);

/// Trains one step and takes its loss. Empty: the worker failed.
std::optional<double> train_one(Session& session, int64_t step);

/// The worker's state. Empty: the worker failed.
std::optional<core::TensorMap> dump_state(Session& session);

/// "3.2e-05": numbers in sentences.
std::string number(double value);

/// An error of our own reference: a finding that fails, because nothing was proven.
void add_reference_error(Session& session, const std::string& check, const core::Error& error);

}  // namespace trainmark::proof
