// memory.csv, RFC 4180: a row for each workload, number of threads and platform, in bytes. Components, then the whole and the rest, then the
// peak of each phase, then what the process held at the ends of timed blocks. What is not known is an empty field.
#include <fmt/format.h>

#include "core/file.hpp"
#include "report/csv.hpp"
#include "report/report.hpp"

namespace trainmark::report {
namespace {

constexpr const char* kName = "memory.csv";
constexpr const char* kColumns =
    "network,workload,threads,platform,parameters,optimiser_state,input,activations,gradients,workspace,samples,framework_overhead,total,on_device,device_peak,"
    "allocator,device_process,start_peak,compile_peak,warm_up_peak,train_peak,evaluate_peak,rss_anon_mean,rss_anon_peak,rss_file_mean,rss_file_peak,pss,peak";

std::string field(const std::optional<int64_t>& bytes) { return bytes ? fmt::format("{}", *bytes) : ""; }

std::string row(const analysis::WorkloadResult& w, const analysis::PlatformResult& p) {
  std::string out = fmt::format("{},{},{},{}", csv_field(w.workload.network.name), w.hash.substr(0, 8), w.threads, csv_text(p.platform));
  const auto add = [&](const std::optional<int64_t>& bytes) { out += "," + field(bytes); };
  for (const char* name : analysis::kMemoryComponents) add(analysis::component_bytes(p, name));
  add(p.memory.samples_bytes);
  add(p.memory.overhead_bytes);
  add(p.memory.total_bytes);
  out += p.memory.on_device ? ",1" : ",0";
  for (const char* name : analysis::kDeviceMemory) add(analysis::component_bytes(p, name));
  for (const char* name : analysis::kMemoryPhases) {
    const auto* phase = analysis::phase_of(p, name);
    add(phase == nullptr ? std::nullopt : phase->peak_rss_bytes);
  }
  add(p.memory.mean_rss_anon_bytes);
  add(p.peak_rss_anon_bytes);
  add(p.memory.mean_rss_file_bytes);
  add(p.memory.peak_rss_file_bytes);
  add(analysis::largest_pss(p));
  add(p.peak_rss_bytes);
  return out + "\r\n";
}

}  // namespace

core::Result<std::string> write_memory_csv(const analysis::Comparison& comparison, const std::filesystem::path& folder) {
  std::string out = std::string(kColumns) + "\r\n";
  for (const analysis::WorkloadResult& w : comparison.workloads) {
    for (const analysis::PlatformResult& p : w.platforms) out += row(w, p);
  }
  if (const auto written = core::write_file(folder / kName, out); !written) return written.error();
  return std::string(kName);
}

}  // namespace trainmark::report
