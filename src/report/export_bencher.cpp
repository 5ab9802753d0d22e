// The Bencher Metric Format (bencher.dev, "bmf"): benchmark -> measure -> value with bounds. latency is in ns and throughput in operations per
// second, as Bencher's own measures of these names; bounds are those of the 95 % interval of the median, where there is one.
#include "core/json.hpp"
#include "report/export.hpp"

namespace trainmark::report {

std::string export_bencher(const analysis::Comparison& comparison) {
  core::Json all = core::Json::object();
  for (const analysis::WorkloadResult& result : comparison.workloads) {
    for (const analysis::PlatformResult& platform : result.platforms) {
      if (platform.step_ns.n == 0 || platform.step_ns.median <= 0 || platform.verdict == "failed") continue;
      core::Json latency = {{"value", platform.step_ns.median}};
      if (platform.step_interval) latency.update({{"lower_value", platform.step_interval->low}, {"upper_value", platform.step_interval->high}});
      core::Json& measures = all[export_name(result) + "/" + platform.platform];
      measures["latency"] = latency;
      if (!platform.samples_per_s) continue;
      core::Json throughput = {{"value", *platform.samples_per_s}};
      if (platform.step_interval && platform.step_interval->low > 0) {
        const double samples = *platform.samples_per_s * platform.step_ns.median;  // per s, times ns
        throughput.update({{"lower_value", samples / platform.step_interval->high}, {"upper_value", samples / platform.step_interval->low}});
      }
      measures["throughput"] = throughput;
    }
  }
  return all.dump(2, ' ', true, core::Json::error_handler_t::replace) + "\n";
}

}  // namespace trainmark::report
