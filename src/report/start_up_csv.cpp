// start-up.csv, RFC 4180: every start of a worker that came to its first step, in seconds. `compiler_cache` is empty, but for the one more
// start of a platform that has such a cache: that row says warm.
#include <fmt/format.h>

#include "core/file.hpp"
#include "report/csv.hpp"
#include "report/report.hpp"

namespace trainmark::report {
namespace {

constexpr const char* kName = "start-up.csv";
constexpr const char* kColumns = "network,workload,threads,platform,repetition,compiler_cache,start_s,build_s,compile_s,input_s,first_step_s";

std::string seconds(int64_t ns) { return fmt::format("{:.6g}", static_cast<double>(ns) * 1e-9); }

// Of a PreparationRecord or a WarmStartRecord.
template <class Record>
std::string row(const std::string& network, const trial::TrialRecord& t, const char* cache, const Record& r) {
  return fmt::format("{},{},{},{},{},{},{},{},{},{},{}\r\n", csv_field(network), t.workload_hash.substr(0, 8), t.threads, csv_text(t.platform), t.repetition,
                     cache, seconds(r.start_ns), seconds(r.build_ns), seconds(r.compile_ns), seconds(r.input_ns), seconds(r.first_step_ns));
}

}  // namespace

core::Result<std::string> write_start_up_csv(const store::RunData& data, const std::filesystem::path& folder) {
  std::string out = std::string(kColumns) + "\r\n";
  for (const trial::WorkloadRecord& record : data.workloads) {
    for (const store::TrialData& t : data.trials) {
      if (t.trial.workload_hash != record.hash) continue;
      if (t.preparation) out += row(record.network, t.trial, "empty", *t.preparation);
      if (t.warm_start) out += row(record.network, t.trial, "warm", *t.warm_start);
    }
  }
  if (const auto written = core::write_file(folder / kName, out); !written) return written.error();
  return std::string(kName);
}

}  // namespace trainmark::report
