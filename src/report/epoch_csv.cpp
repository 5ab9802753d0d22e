// The per-epoch CSV of study five-platforms, RFC 4180, one file per trial. What the columns hold is said in
// analysis/epochs.hpp; a figure that is not known is an empty field. epoch_time_s and samples_per_s come from undisturbed
// blocks where the epoch has any; disturbed_share is the part of its timed steps that was disturbed (1: all, then the time
// is of disturbed blocks). Of nearest neighbours the time is that of predicting, and fit_time_s, once a trial, stands beside it.
#include <fmt/format.h>

#include <algorithm>

#include "analysis/epochs.hpp"
#include "analysis/stored.hpp"
#include "core/file.hpp"
#include "report/csv.hpp"
#include "report/report.hpp"

namespace trainmark::report {
namespace {

constexpr const char* kColumns =
    "platform,epoch,epoch_time_s,train_loss,train_accuracy,test_accuracy,samples_per_s,ram_mean_mib,ram_peak_mib,device_peak_mib,verdict,disturbed_share,fit_"
    "time_s";

// By the driver, at the edges of blocks; where it does not tell, by the framework's allocator. Of the whole trial.
std::optional<double> device_peak_mib(const store::TrialData& trial) {
  if (!trial.outcome) return std::nullopt;
  const auto& memory = trial.outcome->memory;
  const auto process = analysis::number_in(memory, "device_process"), peak = analysis::number_in(memory, "device_peak");
  if (!process && !peak) return std::nullopt;
  return process.value_or(peak.value_or(0)) / (1 << 20);
}

std::string csv_of(const store::TrialData& trial, const workload::Workload& workload) {
  const std::string verdict = trial.verdict ? trial.verdict->verdict : "unchecked";
  std::optional<double> fit_s;
  if (trial.preparation && trial.preparation->fit_ns) fit_s = static_cast<double>(*trial.preparation->fit_ns) * 1e-9;
  const std::string device_peak = csv_number(device_peak_mib(trial), 5);
  std::string out = std::string(kColumns) + "\r\n";
  for (const analysis::EpochRow& r : analysis::epoch_rows(trial, workload)) {
    out +=
        fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{}\r\n", csv_field(trial.trial.platform), r.epoch, csv_number(r.epoch_s, 6),
                    csv_number(r.train_loss, 6), csv_number(r.train_accuracy, 6), csv_number(r.test_accuracy, 6), csv_number(r.samples_per_s, 6),
                    csv_number(r.ram_mean_mib, 5), csv_number(r.ram_peak_mib, 5), device_peak, verdict, csv_number(r.disturbed_share, 4), csv_number(fit_s, 6));
  }
  return out;
}

}  // namespace

std::string trial_file_stem(const store::RunData& data, const trial::TrialRecord& t) {
  const auto record = std::find_if(data.workloads.begin(), data.workloads.end(), [&](const auto& w) { return w.hash == t.workload_hash; });
  std::string platform = t.platform;
  for (char& c : platform) c = c == '/' || c == ':' || c == '@' || c == '#' ? '_' : c;
  return fmt::format("{}-{}-t{}-{}-r{}", record == data.workloads.end() ? "unknown" : record->network, t.workload_hash.substr(0, 8), t.threads, platform,
                     t.repetition);
}

core::Result<std::vector<std::string>> write_epoch_csv(const store::RunData& data, const std::filesystem::path& folder) {
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure) return core::usage_error(fmt::format("cannot make the folder '{}' for CSV files: {}", folder.string(), failure.message()));
  std::vector<std::string> names;
  for (const trial::WorkloadRecord& record : data.workloads) {
    const auto workload = workload::from_json(record.json);
    if (!workload) return workload.error();
    for (const store::TrialData& trial : data.trials) {
      const bool other = trial.trial.workload_hash != record.hash;
      if (other || !trial.outcome || trial.outcome->kind == trial::OutcomeKind::kAbandoned) continue;
      names.push_back(trial_file_stem(data, trial.trial) + ".csv");
      if (const auto written = core::write_file(folder / names.back(), csv_of(trial, *workload)); !written) return written.error();
    }
  }
  return names;
}

}  // namespace trainmark::report
