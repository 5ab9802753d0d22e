// The course of one training, epoch by epoch: the rows of study five-platforms.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "store/run_data.hpp"
#include "workload/workload.hpp"

namespace trainmark::analysis {

struct EpochRow {
  int64_t epoch = 0;                     ///< from 1
  std::optional<double> epoch_s;         ///< counted time scaled to all steps of the epoch: re-warming steps are not counted
  std::optional<double> train_loss;      ///< mean over the epoch's steps, each before its update
  std::optional<double> train_accuracy;  ///< of the same forward passes
  std::optional<double> test_accuracy;   ///< after the epoch
  std::optional<double> samples_per_s;
  std::optional<double> ram_mean_mib, ram_peak_mib;  ///< RssAnon + RssFile at the ends of the epoch's blocks
};

/// One row per epoch that the trial began.
std::vector<EpochRow> epoch_rows(const store::TrialData& trial, const workload::Workload& workload);

}  // namespace trainmark::analysis
