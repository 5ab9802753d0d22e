// A run in the forms of other tools, so that their viewers, gates and dashboards can be used: docs/exports.md. Pure functions to text.
//
// Numbers of a platform that failed its proof are not exported as if they were of the same work: they are an error, or left out.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analysis/comparison.hpp"
#include "core/result.hpp"

namespace trainmark::report {

/// "trace", "google-benchmark", "mllog", "junit", "bencher".
const std::vector<std::string>& export_forms();

/// The run as one text of that form, which must be one of export_forms().
std::string export_run(std::string_view form, const store::RunData& data, const analysis::Comparison& comparison);

/// Chrome's trace event format, for Perfetto and chrome://tracing: a process per platform, a thread per trial; blocks, counters, operations. export_trace.cpp
std::string export_trace(const store::RunData& data, const analysis::Comparison& comparison);

/// google/benchmark's JSON, for its tools/compare.py: an iteration per trial and the usual aggregates. export_google_benchmark.cpp
std::string export_google_benchmark(const store::RunData& data, const analysis::Comparison& comparison);

/// The lines of MLPerf's logging of one trial, or of all of them. export_mllog.cpp
std::string export_mllog(const store::RunData& data, const store::TrialData& trial);
std::string export_mllog(const store::RunData& data);

/// JUnit's XML: a suite per workload, a case per trial. export_junit.cpp
std::string export_junit(const store::RunData& data, const analysis::Comparison& comparison);

/// Bencher's metric format: latency and throughput of each platform. export_bencher.cpp
std::string export_bencher(const analysis::Comparison& comparison);

/// "mnist-mlp/synthetic-digits/batch:64/threads:2": what names of benchmarks begin with.
std::string export_name(const analysis::WorkloadResult& result);

/// The finished trials of a platform that did not fail their proof, with the time of a step: the median over the undisturbed timed blocks, over
/// all where none is undisturbed.
struct TrialTime {
  const store::TrialData* trial = nullptr;
  double step_ns = 0, cpu_ns = 0;  ///< of a step, the latter of all processes and threads
  int64_t steps = 0;               ///< in these blocks
};
std::vector<TrialTime> trial_times(const store::RunData& data, const analysis::WorkloadResult& result, const std::string& platform);

}  // namespace trainmark::report
