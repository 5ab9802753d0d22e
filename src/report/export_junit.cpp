// JUnit's XML as Jenkins, GitLab and GitHub read it: a suite per workload and number of threads, a case per trial. A trial that failed the proof
// is a failure; one that did not finish is an error; what a platform cannot do, and platforms that did not run, are skipped.
#include <fmt/format.h>

#include "report/export.hpp"

namespace trainmark::report {
namespace {

/// Text for XML 1.0: markup escaped, characters that it does not have, and those outside of ASCII, as '?'.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '&') out += "&amp;";
    else if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '"') out += "&quot;";
    else if (c == '\n' || c == '\t' || (byte >= 0x20 && byte < 0x7f)) out += c;
    else out += '?';
  }
  return out;
}

struct Suite {
  std::string name, cases;
  int64_t tests = 0, failures = 0, errors = 0, skipped = 0;
  double time_s = 0;
};

/// A case; `child` is what stands in it: "" of one that passed.
void add_case(Suite& suite, const std::string& name, double time_s, const std::string& child) {
  ++suite.tests;
  suite.time_s += time_s;
  suite.cases += fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\"", escaped(suite.name), escaped(name), time_s);
  suite.cases += child.empty() ? "/>\n" : fmt::format(">{}</testcase>\n", child);
}

std::string element(const std::string& name, const std::string& type, const std::string& message, const std::string& text) {
  return fmt::format("<{} type=\"{}\" message=\"{}\">{}</{}>", name, escaped(type), escaped(message), escaped(text), name);
}

double seconds_of(const store::TrialData& t) {
  if (t.outcome && t.outcome->ended_wall_ns > t.trial.started_wall_ns && t.trial.started_wall_ns > 0) {
    return static_cast<double>(t.outcome->ended_wall_ns - t.trial.started_wall_ns) * 1e-9;
  }
  double sum_ns = 0;
  for (const trial::BlockRecord& b : t.blocks) sum_ns += static_cast<double>(b.elapsed_ns);
  return sum_ns * 1e-9;
}

void add_trial(Suite& suite, const store::TrialData& t) {
  using trial::OutcomeKind;
  const std::string name = fmt::format("{}, repetition {}", t.trial.platform, t.trial.repetition);
  const double time_s = seconds_of(t);
  const OutcomeKind kind = t.outcome ? t.outcome->kind : OutcomeKind::kAbandoned;
  if (t.verdict && t.verdict->verdict == "failed") {
    ++suite.failures;
    add_case(suite, name, time_s, element("failure", "proof", "did not do the same work: " + t.verdict->summary, ""));
  } else if (kind == OutcomeKind::kUnsupported) {
    ++suite.skipped;
    add_case(suite, name, time_s, fmt::format("<skipped message=\"{}\"/>", escaped(t.outcome->message)));
  } else if (kind != OutcomeKind::kFinished) {
    ++suite.errors;
    const std::string word(trial::outcome_name(kind));
    add_case(suite, name, time_s, element("error", word, t.outcome ? t.outcome->message : "the run was cut off", t.outcome ? t.outcome->log_tail : ""));
  } else {
    const std::string verdict = t.verdict ? t.verdict->verdict + ": " + t.verdict->summary : "unchecked";
    add_case(suite, name, time_s, fmt::format("<system-out>{}</system-out>", escaped(verdict)));
  }
}

std::string to_xml(const Suite& s) {
  return fmt::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.3f}\">\n{}  </testsuite>\n", escaped(s.name),
                     s.tests, s.failures, s.errors, s.skipped, s.time_s, s.cases);
}

}  // namespace

std::string export_junit(const store::RunData& data, const analysis::Comparison& comparison) {
  std::vector<Suite> suites;
  for (const analysis::WorkloadResult& result : comparison.workloads) {
    Suite suite;
    suite.name = export_name(result);
    for (const store::TrialData* t : analysis::counted_trials(data, result.hash)) {
      if (t->trial.threads == result.threads) add_trial(suite, *t);
    }
    suites.push_back(std::move(suite));
  }
  if (!comparison.skips.empty()) {
    Suite suite;
    suite.name = "platforms that did not run here";
    suite.skipped = static_cast<int64_t>(comparison.skips.size());
    for (const trial::SkipRecord& skip : comparison.skips) add_case(suite, skip.platform, 0, fmt::format("<skipped message=\"{}\"/>", escaped(skip.reason)));
    suites.push_back(std::move(suite));
  }
  Suite all;
  for (const Suite& s : suites) {
    all.tests += s.tests;
    all.failures += s.failures;
    all.errors += s.errors;
    all.time_s += s.time_s;
    all.cases += to_xml(s);
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{:.3f}\">\n{}</testsuites>\n",
      escaped("trainmark " + data.run.study), all.tests, all.failures, all.errors, all.time_s, all.cases);
}

}  // namespace trainmark::report
