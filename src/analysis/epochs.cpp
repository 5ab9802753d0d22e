// Blocks are dealt out to the epochs that they overlap, by steps: a block of a long training may span several.
#include "analysis/epochs.hpp"

#include <algorithm>
#include <cmath>

namespace trainmark::analysis {
namespace {

struct Timed {
  int64_t steps = 0;
  double ns = 0;
};

struct Sums {
  Timed calm, disturbed;
  double loss = 0;
  int64_t loss_steps = 0, correct = 0, correct_samples = 0;
  double ram_sum = 0, ram_peak = 0;
  int64_t ram_count = 0;
};

void add_steps(Sums& s, const trial::BlockRecord& b, const workload::Workload& w, int64_t from, int64_t to) {
  if (b.kind == trial::BlockKind::kTimed) {
    Timed& timed = b.disturbed ? s.disturbed : s.calm;
    timed.steps += to - from;
    timed.ns += static_cast<double>(b.elapsed_ns) * static_cast<double>(to - from) / static_cast<double>(b.steps);
  }
  for (int64_t step = from; step < to; ++step) {
    const auto i = static_cast<size_t>(step - b.first_step);
    if (i < b.losses.size()) {
      s.loss += b.losses[i];
      ++s.loss_steps;
    }
    if (i < b.correct.size() && !w.neighbours) {  // whose answers are those of the evaluation split
      s.correct += b.correct[i];
      s.correct_samples += workload::batch_of_step(w, step);
    }
  }
  const double ram = static_cast<double>(b.rss_anon_bytes + b.rss_file_bytes) / (1 << 20);
  if (ram > 0) {
    s.ram_sum += ram;
    s.ram_peak = std::max(s.ram_peak, ram);
    ++s.ram_count;
  }
}

EpochRow row_of(const Sums& s, int64_t epoch, const store::TrialData& trial, const workload::Workload& w) {
  EpochRow row;
  row.epoch = epoch + 1;
  const int64_t steps = workload::steps_per_epoch(w);
  const Timed& counted = s.calm.steps > 0 ? s.calm : s.disturbed;
  if (counted.steps > 0) {
    row.epoch_s = counted.ns * 1e-9 * static_cast<double>(steps) / static_cast<double>(counted.steps);
    row.disturbed_share = static_cast<double>(s.disturbed.steps) / static_cast<double>(s.calm.steps + s.disturbed.steps);
    double samples = 0;
    for (int64_t step = 0; step < steps; ++step) samples += static_cast<double>(workload::batch_of_step(w, step));
    row.samples_per_s = samples / *row.epoch_s;
  }
  if (s.loss_steps > 0) row.train_loss = s.loss / static_cast<double>(s.loss_steps);
  if (s.correct_samples > 0) row.train_accuracy = static_cast<double>(s.correct) / static_cast<double>(s.correct_samples);
  if (s.ram_count > 0) {
    row.ram_mean_mib = s.ram_sum / static_cast<double>(s.ram_count);
    row.ram_peak_mib = s.ram_peak;
  }
  for (const trial::EvaluationRecord& e : trial.evaluations) {
    if (e.epoch == epoch + 1 && e.count > 0) row.test_accuracy = static_cast<double>(e.correct) / static_cast<double>(e.count);
  }
  return row;
}

}  // namespace

std::vector<EpochRow> epoch_rows(const store::TrialData& trial, const workload::Workload& workload) {
  const int64_t per_epoch = std::max<int64_t>(1, workload::steps_per_epoch(workload));
  std::vector<Sums> epochs;
  for (const trial::BlockRecord& b : trial.blocks) {
    if (b.kind == trial::BlockKind::kWarmUp) continue;
    for (int64_t from = b.first_step; from < b.first_step + b.steps;) {
      const auto epoch = static_cast<size_t>(from / per_epoch);
      const int64_t to = std::min(b.first_step + b.steps, (from / per_epoch + 1) * per_epoch);
      if (epochs.size() <= epoch) epochs.resize(epoch + 1);
      add_steps(epochs[epoch], b, workload, from, to);
      from = to;
    }
  }
  std::vector<EpochRow> rows;
  for (size_t e = 0; e < epochs.size(); ++e) rows.push_back(row_of(epochs[e], static_cast<int64_t>(e), trial, workload));
  return rows;
}

}  // namespace trainmark::analysis
