// The JSON of google/benchmark (docs/user_guide.md, "Output Formats"), as its tools/compare.py reads it.
//
// One iteration entry per trial, so that the U test of compare.py compares processes, which are independent, and not blocks of one process,
// which are not. real_time is that of a step. A trial that failed its proof or did not finish is an error entry without a time.
#include <ctime>

#include <cmath>

#include "core/json.hpp"
#include "report/export.hpp"
#include "statistics/summary.hpp"

namespace trainmark::report {
namespace {

using core::Json;

std::string date_of(int64_t wall_ns) {
  const std::time_t seconds = static_cast<std::time_t>(wall_ns / 1'000'000'000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S+00:00", &utc)};
}

Json context(const trial::RunRecord& run) {
  const Json cpus = run.environment.is_object() ? run.environment.value(Json::json_pointer("/cpu/allowed"), Json::array()) : Json::array();
  return {{"date", date_of(run.started_wall_ns)},
          {"host_name", ""},  // such files are published: nobody's host
          {"executable", "trainmark"},
          {"num_cpus", cpus.is_array() ? cpus.size() : 0},
          {"mhz_per_cpu", 0},
          {"cpu_scaling_enabled", false},
          {"caches", Json::array()},
          {"load_avg", Json::array()},
          {"library_version", run.version},
          {"library_build_type", "release"},
          {"trainmark_run", run.id}};
}

Json entry(const std::string& name, int64_t family, int64_t instance, const analysis::WorkloadResult& result) {
  return {{"name", name},     {"family_index", family},    {"per_family_instance_index", instance},
          {"run_name", name}, {"threads", result.threads}, {"time_unit", "ns"}};
}

void add_aggregates(Json& benchmarks, const Json& base, const std::vector<TrialTime>& times) {
  std::vector<double> real, cpu;
  for (const TrialTime& time : times) {
    real.push_back(time.step_ns);
    cpu.push_back(time.cpu_ns);
  }
  const statistics::Summary r = statistics::summarise(real), c = statistics::summarise(cpu);
  const auto add = [&](const char* aggregate, const char* unit, double real_time, double cpu_time) {
    if (!std::isfinite(real_time) || !std::isfinite(cpu_time)) return;
    Json one = base;
    one["name"] = base.at("run_name").get<std::string>() + "_" + aggregate;
    one.update({{"run_type", "aggregate"},
                {"aggregate_name", aggregate},
                {"aggregate_unit", unit},
                {"repetitions", times.size()},
                {"iterations", times.size()},
                {"real_time", real_time},
                {"cpu_time", cpu_time}});
    benchmarks.push_back(std::move(one));
  };
  add("mean", "time", r.mean, c.mean);
  add("median", "time", r.median, c.median);
  add("stddev", "time", r.standard_deviation, c.standard_deviation);
  if (r.mean > 0 && c.mean > 0) add("cv", "percentage", r.standard_deviation / r.mean, c.standard_deviation / c.mean);
}

}  // namespace

std::string export_google_benchmark(const store::RunData& data, const analysis::Comparison& comparison) {
  Json benchmarks = Json::array();
  int64_t family = 0;
  for (const analysis::WorkloadResult& result : comparison.workloads) {
    for (const analysis::PlatformResult& platform : result.platforms) {
      const Json base = entry(export_name(result) + "/" + platform.platform, family++, 0, result);
      const auto times = trial_times(data, result, platform.platform);
      for (size_t i = 0; i < times.size(); ++i) {
        Json one = base;
        one.update({{"run_type", "iteration"},
                    {"repetitions", times.size()},
                    {"repetition_index", i},
                    {"iterations", times[i].steps},
                    {"real_time", times[i].step_ns},
                    {"cpu_time", times[i].cpu_ns}});
        benchmarks.push_back(std::move(one));
      }
      if (times.size() > 1) add_aggregates(benchmarks, base, times);
      if (!times.empty()) continue;
      Json one = base;
      const std::string why = platform.verdict == "failed" ? "failed the proof of same work: " + platform.verdict_reason : analysis::outcomes_text(platform);
      one.update({{"run_type", "iteration"},
                  {"repetitions", 1},
                  {"repetition_index", 0},
                  {"error_occurred", true},
                  {"error_message", why},
                  {"iterations", 0},
                  {"real_time", 0},
                  {"cpu_time", 0}});
      benchmarks.push_back(std::move(one));
    }
  }
  return Json{{"context", context(data.run)}, {"benchmarks", benchmarks}}.dump(2, ' ', true, Json::error_handler_t::replace) + "\n";
}

}  // namespace trainmark::report
