// Figures as text: three significant digits, units in the cell.
#include "report/cells.hpp"

#include <fmt/format.h>

#include <cmath>

#include "report/report.hpp"

namespace trainmark::report {
namespace {

std::string count_text(double value) {
  if (value >= 1e6) return fmt::format("{:.2f} M", value / 1e6);
  if (value >= 1e4) return fmt::format("{:.0f} k", value / 1e3);
  if (value >= 1e3) return fmt::format("{:.1f} k", value / 1e3);
  return fmt::format("{:.0f}", value);
}

std::string interval_text(const analysis::PlatformResult& p) {
  if (!p.step_interval) return "-";
  const double unit = p.step_ns.median >= 1e9 ? 1e9 : p.step_ns.median >= 1e6 ? 1e6 : p.step_ns.median >= 1e3 ? 1e3 : 1;
  const double low = p.step_interval->low / unit, high = p.step_interval->high / unit;
  const int decimals = high < 9.995 ? 2 : high < 99.95 ? 1 : 0;
  return fmt::format("{:.{}f}..{:.{}f}", low, decimals, high, decimals);
}

std::string ratio_text(const analysis::PlatformResult& p, const analysis::WorkloadResult& r) {
  if (p.platform == r.baseline) return "1.00";
  if (!p.ratio) return "-";
  return p.ratio->value >= 100  ? fmt::format("{:.0f}", p.ratio->value)
         : p.ratio->value >= 10 ? fmt::format("{:.1f}", p.ratio->value)
                                : fmt::format("{:.2f}", p.ratio->value);
}

std::string verdict_text(const analysis::PlatformResult& p) {
  if (p.processes == 0 && p.verdict != "failed") return analysis::spaced(p.outcome);
  if (!p.invalid.empty() && p.verdict != "failed") return "INVALID";
  std::string text = p.partial ? "ran " + analysis::percent_text(p.share) : p.verdict;  // what keeps it from a rank comes first
  if (p.processes < p.trials) text += fmt::format(", {} of {}", p.processes, p.trials);
  return text;
}

std::string target_text(const analysis::PlatformResult& p) {
  if (!p.to_target) return "-";
  if (p.to_target->training_s) return analysis::duration_text(*p.to_target->training_s * 1e9);
  return p.to_target->reached == 0 ? "not reached" : fmt::format("{} of {}", p.to_target->reached, p.to_target->trials);
}

}  // namespace

std::vector<std::string> headings(const analysis::WorkloadResult& r) {
  std::vector<std::string> all = {"platform", "step", "95 %", "samples/s", "time ratio", "accuracy", "memory", "verdict"};
  if (r.target_accuracy) all.insert(all.end() - 2, "to " + analysis::percent_text(*r.target_accuracy));
  if (r.workload.neighbours) {
    all[1] = "predict";
    all.insert(all.begin() + 1, "fit");
  }
  return all;
}

std::vector<std::string> cells(const analysis::PlatformResult& p, const analysis::WorkloadResult& r) {
  std::string accuracy = p.final_accuracy ? fmt::format("{:.2f} %", 100 * *p.final_accuracy) : "-";
  if (p.share < 1 && p.final_accuracy) accuracy = fmt::format("({})", accuracy);  // of a part of the training
  std::vector<std::string> all = {p.platform,
                                  p.step_ns.n > 0 ? analysis::duration_text(p.step_ns.median) : "-",
                                  interval_text(p),
                                  p.samples_per_s ? count_text(*p.samples_per_s) : "-",
                                  ratio_text(p, r),
                                  accuracy,
                                  p.peak_rss_bytes ? fmt::format("{:.0f} MiB", static_cast<double>(*p.peak_rss_bytes) / (1 << 20)) : "-",
                                  verdict_text(p)};
  if (r.target_accuracy) all.insert(all.end() - 2, target_text(p));
  if (r.workload.neighbours) all.insert(all.begin() + 1, p.fit_ns ? analysis::duration_text(*p.fit_ns) : "-");
  return all;
}

std::string workload_title(const analysis::WorkloadResult& r) {
  const workload::Workload& w = r.workload;
  const bool cut = w.recipe.max_batches > 0;
  const std::string network = w.neighbours ? fmt::format("{}, k = {}, {} samples", w.network.name, w.neighbours->k, w.dataset.train_count) : w.network.name;
  return fmt::format("{} on {}{}, {}, {} epoch{}{}, {} thread{}", network, w.dataset.name, w.dataset.synthetic ? " (synthetic)" : "",
                     analysis::batch_text(w.recipe.batch_size), w.recipe.epochs, w.recipe.epochs == 1 ? "" : "s",
                     cut ? fmt::format(" of {} steps", w.recipe.max_batches) : "", r.threads, r.threads == 1 ? "" : "s");
}

}  // namespace trainmark::report
