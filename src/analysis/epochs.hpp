// The course of one training, epoch by epoch: the rows of study five-platforms.
//
// Time is that of timed blocks; re-warming steps are not in it. Where an epoch has undisturbed blocks only these count, else
// the disturbed ones do; `disturbed_share` tells. The time of the blocks that count is scaled to all steps of the epoch.
// Losses and answers are those of every step, re-warming ones too, since all of them train. Memory is the mean and the
// peak over those blocks that overlap the epoch and measured it; a block that did not measure is no zero.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "store/run_data.hpp"
#include "workload/workload.hpp"

namespace trainmark::analysis {

struct EpochRow {
  int64_t epoch = 0;                     ///< from 1
  std::optional<double> epoch_s;         ///< as said above; none when no block was timed
  std::optional<double> train_loss;      ///< mean over the epoch's steps, each before its update
  std::optional<double> train_accuracy;  ///< of the same forward passes
  std::optional<double> test_accuracy;   ///< after the epoch
  std::optional<double> samples_per_s;
  std::optional<double> ram_mean_mib, ram_peak_mib;  ///< RssAnon + RssFile at the ends of blocks
  std::optional<double> disturbed_share;             ///< of the timed steps: 0 none, 1 all, and then epoch_s is of disturbed blocks
};

/// One row per epoch that the trial began.
std::vector<EpochRow> epoch_rows(const store::TrialData& trial, const workload::Workload& workload);

}  // namespace trainmark::analysis
