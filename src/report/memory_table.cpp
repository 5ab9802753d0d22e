#include "report/memory_table.hpp"

#include <fmt/format.h>

namespace trainmark::report {
namespace {

using Row = std::vector<std::string>;

std::string text(const std::optional<int64_t>& bytes) { return bytes ? bytes_text(*bytes) : "-"; }

std::vector<Row> unless_empty(std::vector<Row> rows) {
  if (rows.size() == 1) rows.clear();
  return rows;
}

}  // namespace

std::string bytes_text(int64_t bytes) {
  const auto value = static_cast<double>(bytes);
  const auto [unit, name] = value >= 999.5 * (1 << 20) ? std::pair{1024.0 * 1024 * 1024, "GiB"}
                            : value >= 999.5 * 1024    ? std::pair{1024.0 * 1024, "MiB"}
                            : value >= 1024            ? std::pair{1024.0, "KiB"}
                                                       : std::pair{1.0, "B"};
  const double shown = value / unit;
  return fmt::format("{:.{}f} {}", shown, unit == 1 || shown >= 99.95 ? 0 : shown >= 9.995 ? 1 : 2, name);
}

std::string memory_component_caption() {
  return "Memory by component, as the workers tell of their tensors; data are the samples that they hold, overhead is the rest of the process (or of the "
         "device's memory, marked *):";
}

std::string memory_phase_caption() {
  return "Largest memory of the process in each phase (VmHWM, set back between them); RssAnon and RssFile are means over timed blocks:";
}

std::vector<Row> memory_component_rows(const analysis::WorkloadResult& result) {
  std::vector<Row> rows = {{"platform", "parameters", "optimiser", "input", "activations", "gradients", "workspace", "data", "overhead", "total"}};
  for (const analysis::PlatformResult& p : result.platforms) {
    if (p.memory_bytes.empty()) continue;
    Row row = {p.platform};
    for (const char* name : analysis::kMemoryComponents) row.push_back(text(analysis::component_bytes(p, name)));
    row.push_back(text(p.memory.samples_bytes));
    row.push_back(text(p.memory.overhead_bytes));
    row.push_back(text(p.memory.total_bytes) + (p.memory.on_device ? "*" : ""));
    rows.push_back(std::move(row));
  }
  return unless_empty(std::move(rows));
}

std::vector<Row> memory_phase_rows(const analysis::WorkloadResult& result) {
  std::vector<Row> rows = {{"platform", "start", "compile", "warm-up", "train", "evaluate", "RssAnon", "RssFile", "PSS"}};
  for (const analysis::PlatformResult& p : result.platforms) {
    if (p.memory.phases.empty()) continue;
    Row row = {p.platform};
    for (const char* name : analysis::kMemoryPhases) {
      const auto* phase = analysis::phase_of(p, name);
      row.push_back(phase == nullptr ? "-" : text(phase->peak_rss_bytes));
    }
    row.push_back(text(p.memory.mean_rss_anon_bytes));
    row.push_back(text(p.memory.mean_rss_file_bytes));
    row.push_back(text(analysis::largest_pss(p)));
    rows.push_back(std::move(row));
  }
  return unless_empty(std::move(rows));
}

}  // namespace trainmark::report
