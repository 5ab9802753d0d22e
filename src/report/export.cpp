// What the forms have in common.
#include "report/export.hpp"

#include <fmt/format.h>

#include "analysis/times.hpp"
#include "core/check.hpp"
#include "statistics/summary.hpp"

namespace trainmark::report {

const std::vector<std::string>& export_forms() {
  static const std::vector<std::string> forms = {"trace", "google-benchmark", "mllog", "junit", "bencher"};
  return forms;
}

std::string export_run(std::string_view form, const store::RunData& data, const analysis::Comparison& comparison) {
  if (form == "trace") return export_trace(data, comparison);
  if (form == "google-benchmark") return export_google_benchmark(data, comparison);
  if (form == "mllog") return export_mllog(data);
  if (form == "junit") return export_junit(data, comparison);
  CHECK(form == "bencher", "unknown form of export");
  return export_bencher(comparison);
}

std::string export_name(const analysis::WorkloadResult& result) {
  const workload::Workload& w = result.workload;
  const std::string batch = w.recipe.batch_size == 0 ? "full" : std::to_string(w.recipe.batch_size);
  return fmt::format("{}/{}/batch:{}/threads:{}", w.network.name, w.dataset.name, batch, result.threads);
}

std::vector<TrialTime> trial_times(const store::RunData& data, const analysis::WorkloadResult& result, const std::string& platform) {
  std::vector<TrialTime> times;
  for (const store::TrialData* t : analysis::trials_of(data, result, platform)) {
    if ((t->verdict && t->verdict->verdict == "failed") || !analysis::finished(*t)) continue;
    for (const bool with_disturbed : {false, true}) {
      std::vector<double> step_ns, cpu_ns;
      TrialTime time{t, 0, 0, 0};
      for (const trial::BlockRecord& b : t->blocks) {
        if (b.kind != trial::BlockKind::kTimed || b.steps < 1 || (b.disturbed && !with_disturbed)) continue;
        step_ns.push_back(static_cast<double>(b.elapsed_ns) / static_cast<double>(b.steps));
        cpu_ns.push_back(static_cast<double>(b.cpu_ns) / static_cast<double>(b.steps));
        time.steps += b.steps;
      }
      if (step_ns.empty()) continue;
      time.step_ns = statistics::median(step_ns);
      time.cpu_ns = statistics::median(cpu_ns);
      times.push_back(time);
      break;
    }
  }
  return times;
}

}  // namespace trainmark::report
