// The per-epoch CSV of study five-platforms, RFC 4180, one file per trial. What the columns hold is said in
// analysis/epochs.hpp; a figure that is not known is an empty field. epoch_time_s and samples_per_s come from undisturbed
// blocks where the epoch has any; disturbed_share is the part of its timed steps that was disturbed (1: all, then the time
// is of disturbed blocks). Of nearest neighbours the time is that of predicting, and fit_time_s, once a trial, stands beside it.
#include <fmt/format.h>

#include <cmath>

#include "analysis/epochs.hpp"
#include "core/file.hpp"
#include "report/report.hpp"

namespace trainmark::report {
namespace {

constexpr const char* kColumns =
    "platform,epoch,epoch_time_s,train_loss,train_accuracy,test_accuracy,samples_per_s,ram_mean_mib,ram_peak_mib,device_peak_mib,verdict,disturbed_share,fit_"
    "time_s";

std::string field(const std::optional<double>& value, int digits) { return value && std::isfinite(*value) ? fmt::format("{:.{}g}", *value, digits) : ""; }

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

std::string csv_of(const store::TrialData& trial, const workload::Workload& workload) {
  const std::string verdict = trial.verdict ? trial.verdict->verdict : "unchecked";
  std::optional<double> fit_s;
  if (trial.preparation && trial.preparation->fit_ns) fit_s = static_cast<double>(*trial.preparation->fit_ns) * 1e-9;
  std::string out = std::string(kColumns) + "\r\n";
  for (const analysis::EpochRow& r : analysis::epoch_rows(trial, workload)) {
    out += fmt::format("{},{},{},{},{},{},{},{},{},,{},{},{}\r\n", quoted(trial.trial.platform), r.epoch, field(r.epoch_s, 6), field(r.train_loss, 6),
                       field(r.train_accuracy, 6), field(r.test_accuracy, 6), field(r.samples_per_s, 6), field(r.ram_mean_mib, 5), field(r.ram_peak_mib, 5),
                       verdict, field(r.disturbed_share, 4), field(fit_s, 6));
  }
  return out;
}

}  // namespace

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
      std::string platform = trial.trial.platform;
      for (char& c : platform) c = c == '/' || c == ':' || c == '@' || c == '#' ? '_' : c;
      names.push_back(fmt::format("{}-{}-t{}-{}-r{}.csv", record.network, record.hash.substr(0, 8), trial.trial.threads, platform, trial.trial.repetition));
      if (const auto written = core::write_file(folder / names.back(), csv_of(trial, *workload)); !written) return written.error();
    }
  }
  return names;
}

}  // namespace trainmark::report
