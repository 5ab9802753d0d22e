// The proof: did this worker do the work that it was asked to do? Checks, error model and verdict; see docs/proof.md.
//
// The proof drives the very program that was timed: it loads states into the live worker, runs single steps in the same
// mode, and compares loss and state with the reference in double precision. It also holds what the timed blocks recorded
// (losses, checksums, states at block edges) against the reference.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/tensor_file.hpp"
#include "worker/client.hpp"
#include "workload/materials.hpp"

namespace trainmark::proof {

enum class Verdict { kVerified, kFailed, kUnchecked };
std::string_view verdict_name(Verdict verdict);

/// A stretch of steps that the timed trial ran, with what was recorded of it.
struct TimedStretch {
  int64_t first_step = 0;
  std::vector<double> losses;  ///< one per step
  uint32_t indices_crc = 0;
};

/// The worker's state between two timed stretches, dumped outside the clock.
struct EdgeState {
  int64_t step = 0;  ///< the next step to run
  core::TensorMap state;
};

/// Nearest neighbours: the classes that the timed trial gave for the queries of one step.
struct TimedPredictions {
  int64_t step = 0;
  std::vector<int32_t> classes;
};

/// What the timed trial left behind.
struct TimedEvidence {
  std::vector<TimedStretch> stretches;     ///< all steps from 0 on without gaps, in order (re-warming steps too)
  std::vector<EdgeState> edges;            ///< a few, ascending; the last is the final state of the trial
  std::vector<int32_t> final_predictions;  ///< of the evaluation after the last edge; empty: not evaluated
  double final_loss = 0;
  std::vector<TimedPredictions> predictions;  ///< nearest neighbours have these alone: all steps from 0 on
};

/// One check with its evidence.
struct Finding {
  std::string check;  ///< "single step at 0", "batch order", "evaluation" ...
  bool passed = false;
  double ratio = 0;    ///< error / tolerance, where the check is a comparison; above 1 fails
  std::string detail;  ///< a sentence: what was compared, the worst tensor, what the mistake looks like
};

struct ProofReport {
  Verdict verdict = Verdict::kUnchecked;
  std::string summary;        ///< one sentence
  double smallest_fault = 0;  ///< smallest relative error of a whole gradient tensor that the proof would have noticed
  std::vector<Finding> findings;
};
core::Json to_json(const ProofReport& report);

struct ProofOptions {
  int threads = 1;         ///< for the reference
  double timeout_s = 120;  ///< per request
  std::string dtype = "float32";
  std::vector<int64_t> later_steps = {1, 5, 20};  ///< states after so many steps, beside the initial one and the edges
};

/// Runs all checks; of a search for neighbours those of neighbours.cpp. The worker must be prepared with `materials`; its state afterwards is arbitrary.
/// A worker that dies or refuses during the proof yields kFailed (crash, wrong answers) or kUnchecked (unsupported).
ProofReport prove(worker::Client& client, const workload::Materials& materials, const TimedEvidence& evidence, const ProofOptions& options);

}  // namespace trainmark::proof
