#include "report/memory_table.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace trainmark::report {
namespace {

using Row = std::vector<std::string>;

std::string text(const std::optional<int64_t>& bytes) { return bytes ? bytes_text(*bytes) : "-"; }

std::string component(const analysis::PlatformResult& p, const char* name) {
  const auto found = p.memory_bytes.find(name);
  return found == p.memory_bytes.end() ? "-" : bytes_text(found->second);
}

const analysis::PhaseFigures* phase_of(const analysis::PlatformResult& p, const std::string& name) {
  for (const auto& [phase, figures] : p.memory.phases) {
    if (phase == name) return &figures;
  }
  return nullptr;
}

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
    rows.push_back({p.platform, component(p, "parameters"), component(p, "optimiser_state"), component(p, "input"), component(p, "activations"),
                    component(p, "gradients"), component(p, "workspace"), text(p.memory.samples_bytes), text(p.memory.overhead_bytes),
                    text(p.memory.total_bytes) + (p.memory.on_device ? "*" : "")});
  }
  return unless_empty(std::move(rows));
}

std::vector<Row> memory_phase_rows(const analysis::WorkloadResult& result) {
  std::vector<Row> rows = {{"platform", "start", "compile", "warm-up", "train", "evaluate", "RssAnon", "RssFile", "PSS"}};
  for (const analysis::PlatformResult& p : result.platforms) {
    if (p.memory.phases.empty()) continue;
    Row row = {p.platform};
    std::optional<int64_t> pss;
    for (const char* name : {"start", "compile", "warm_up", "train", "evaluate"}) {
      const auto* phase = phase_of(p, name);
      row.push_back(phase == nullptr ? "-" : text(phase->peak_rss_bytes));
      if (phase != nullptr && phase->pss_bytes) pss = std::max(pss.value_or(0), *phase->pss_bytes);
    }
    row.push_back(text(p.memory.mean_rss_anon_bytes));
    row.push_back(text(p.memory.mean_rss_file_bytes));
    row.push_back(text(pss));
    rows.push_back(std::move(row));
  }
  return unless_empty(std::move(rows));
}

}  // namespace trainmark::report
