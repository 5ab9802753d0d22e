// operations.csv, RFC 4180: a row for each operation, phase and layer of each platform that was taken apart, and one for the rest, so that the
// times of a platform sum to step_ns. An empty field: of no layer, of no phase, or not known.
#include <fmt/format.h>

#include "core/file.hpp"
#include "report/csv.hpp"
#include "report/report.hpp"

namespace trainmark::report {
namespace {

constexpr const char* kName = "operations.csv";
constexpr const char* kColumns = "network,workload,threads,platform,operation,phase,layer,time_ns,share,calls,step_ns,plain_ns";

std::string rows(const analysis::WorkloadResult& result, const analysis::PlatformResult& platform) {
  const worker::StepOperations& step = platform.operations->step;
  std::string out;
  const auto add = [&](const std::string& operation, const std::string& phase, const std::string& layer, double time_ns, const std::string& calls) {
    out += fmt::format("{},{},{},{},{},{},{},{:.6g},{:.4g},{},{:.6g},{:.6g}\r\n", csv_text(result.workload.network.name), result.hash.substr(0, 8),
                       result.threads, csv_text(platform.platform), operation, phase, layer.empty() ? "" : csv_text(layer), time_ns, time_ns / step.step_ns,
                       calls, step.step_ns, step.plain_ns);
  };
  for (const worker::OperationTime& part : step.parts) add(part.operation, part.phase, part.layer, part.time_ns, fmt::format("{:.6g}", part.calls));
  add("rest", "", "", step.rest_ns(), "");
  return out;
}

}  // namespace

core::Result<std::string> write_operations_csv(const analysis::Comparison& comparison, const std::filesystem::path& folder) {
  std::string out;
  for (const analysis::WorkloadResult& result : comparison.workloads) {
    for (const analysis::PlatformResult& platform : result.platforms) {
      if (platform.operations && platform.operations->reason.empty()) out += rows(result, platform);
    }
  }
  if (out.empty()) return std::string();
  if (const auto written = core::write_file(folder / kName, std::string(kColumns) + "\r\n" + out); !written) return written.error();
  return std::string(kName);
}

}  // namespace trainmark::report
