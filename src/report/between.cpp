// One table per workload, sentences below: what the runs are, what differs on purpose, what forbids a comparison.
#include "report/between.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "analysis/machine.hpp"
#include "report/json_figures.hpp"
#include "report/report.hpp"
#include "report/text_table.hpp"

namespace trainmark::report {
namespace {

using analysis::PlatformBetween;
using analysis::RunsBetween;
using analysis::WorkloadBetween;
using core::Json;
using Rows = std::vector<std::vector<std::string>>;

const std::vector<std::string> kLeft = {"B is"};

std::string run_text(const char* name, const trial::RunRecord& run) {
  const auto started = static_cast<std::time_t>(run.started_wall_ns / 1'000'000'000);
  const std::string commit = analysis::commit_of(run.environment);
  return fmt::format("{}: run {} of {:%Y-%m-%d %H:%M} UTC, study {}, on {}, trainmark {}{}", name, run.id, fmt::gmtime(started), run.study,
                     analysis::machine_text(run.environment), run.version, commit.empty() ? "" : " (commit " + commit.substr(0, 12) + ")");
}

std::string title_of(const RunsBetween& runs, const WorkloadBetween& w) { return workload_title(runs.a.workloads[w.a]); }

std::string time_text(const std::optional<double>& ns) { return ns ? analysis::duration_text(*ns) : "-"; }

std::string ratio_text(double ratio) { return ratio >= 99.95 ? fmt::format("{:.0f}", ratio) : fmt::format("{:.3f}", ratio); }

std::string verdict_text(const PlatformBetween& p) {
  return fmt::format("{}{}", analysis::change_word(p.change), p.regression ? ", regression" : p.broke ? ", broke" : "");
}

Rows rows_of(const WorkloadBetween& w) {
  Rows rows = {{"platform", "step of A", "step of B", "B / A", "95 %", "B is"}};
  for (const PlatformBetween& p : w.platforms) {
    rows.push_back({p.platform, time_text(p.a_step_ns), time_text(p.b_step_ns), p.ratio ? ratio_text(*p.ratio) : "-",
                    p.interval ? fmt::format("{}..{}", ratio_text(p.interval->low), ratio_text(p.interval->high)) : "-", verdict_text(p)});
  }
  return rows;
}

std::vector<std::string> sentences_of(const WorkloadBetween& w) {
  std::vector<std::string> out;
  for (const analysis::FieldDifference& d : w.differs) out.push_back(fmt::format("Not the same work: {} is {} in A, {} in B.", d.field, d.a, d.b));
  if (!w.differs.empty()) return out;
  for (const PlatformBetween& p : w.platforms) {
    if (!p.reason.empty()) out.push_back(fmt::format("{}: {}.", p.platform, analysis::without_stop(p.reason)));
  }
  if (w.noise > analysis::kSmallestDifference)
    out.push_back(fmt::format("Differences below {:.1f} % count as noise: so far apart were the two of a twin.", 100 * w.noise));
  return out;
}

std::vector<std::string> closing(const RunsBetween& runs) {
  std::vector<std::string> out;
  for (const size_t a : runs.only_a) out.push_back("Only in A: " + workload_title(runs.a.workloads[a]) + ".");
  for (const size_t b : runs.only_b) out.push_back("Only in B: " + workload_title(runs.b.workloads[b]) + ".");
  for (const analysis::FieldDifference& d : runs.on_purpose) out.push_back(fmt::format("What differs on purpose: {} is {} in A, {} in B.", d.field, d.a, d.b));
  if (!runs.threshold) return out;
  const auto count = analysis::count_platforms(runs, [](const auto&, const PlatformBetween& p) { return p.regression; });
  out.push_back(count == 0 ? fmt::format("No interval carries a regression beyond {:.3g} %.", 100 * *runs.threshold)
                           : fmt::format("{} regression{} beyond {:.3g} %.", count, count == 1 ? "" : "s", 100 * *runs.threshold));
  return out;
}

Json fields_json(const std::vector<analysis::FieldDifference>& fields) {
  Json list = Json::array();
  for (const analysis::FieldDifference& d : fields) list.push_back({{"field", d.field}, {"a", d.a}, {"b", d.b}});
  return list;
}

Json run_json(const trial::RunRecord& run) {
  const std::string commit = analysis::commit_of(run.environment);
  return {{"id", run.id},
          {"study", run.study},
          {"machine", analysis::machine_text(run.environment)},
          {"version", run.version},
          {"started_wall_ns", run.started_wall_ns},
          {"commit", commit.empty() ? Json(nullptr) : Json(commit)}};
}

Json platform_json(const PlatformBetween& p) {
  return {{"platform", p.platform},
          {"change", analysis::change_word(p.change)},
          {"a", {{"step_time_ns", number_json(p.a_step_ns)}, {"processes", p.a_processes}}},
          {"b", {{"step_time_ns", number_json(p.b_step_ns)}, {"processes", p.b_processes}}},
          {"time_ratio", number_json(p.ratio)},
          {"interval", interval_json(p.interval)},
          {"p", number_json(p.p)},
          {"p_corrected", number_json(p.p_corrected)},
          {"reason", p.reason.empty() ? Json(nullptr) : Json(p.reason)},
          {"regression", p.regression},
          {"broke", p.broke}};
}

}  // namespace

std::string render_between(const RunsBetween& runs, size_t width) {
  std::string out = wrapped_text(run_text("A", runs.a.run), width) + wrapped_text(run_text("B", runs.b.run), width) + "\n";
  for (const WorkloadBetween& w : runs.workloads) {
    out += wrapped_text(title_of(runs, w), width) + "\n" + plain_table(rows_of(w), width, kLeft);
    const auto sentences = sentences_of(w);
    for (const std::string& sentence : sentences) out += wrapped_text(sentence, width);
    if (!sentences.empty()) out += "\n";
  }
  for (const std::string& sentence : closing(runs)) out += wrapped_text(sentence, width);
  return out;
}

std::string render_between_markdown(const RunsBetween& runs) {
  std::string out = fmt::format("- {}\n- {}\n\n", run_text("A", runs.a.run), run_text("B", runs.b.run));
  for (const WorkloadBetween& w : runs.workloads) {
    out += fmt::format("### {}\n\n{}", title_of(runs, w), markdown_table(rows_of(w), kLeft));
    const auto sentences = sentences_of(w);
    for (const std::string& sentence : sentences) out += "- " + sentence + "\n";
    if (!sentences.empty()) out += "\n";
  }
  for (const std::string& sentence : closing(runs)) out += "- " + sentence + "\n";
  return out;
}

Json render_between_json(const RunsBetween& runs) {
  Json workloads = Json::array();
  for (const WorkloadBetween& w : runs.workloads) {
    Json platforms = Json::array();
    for (const PlatformBetween& p : w.platforms) platforms.push_back(platform_json(p));
    workloads.push_back({{"title", title_of(runs, w)},
                         {"a_hash", runs.a.workloads[w.a].hash},
                         {"b_hash", runs.b.workloads[w.b].hash},
                         {"differs", fields_json(w.differs)},
                         {"smallest_difference", w.noise},
                         {"platforms", platforms}});
  }
  Json only_a = Json::array(), only_b = Json::array();
  for (const size_t a : runs.only_a) only_a.push_back(workload_title(runs.a.workloads[a]));
  for (const size_t b : runs.only_b) only_b.push_back(workload_title(runs.b.workloads[b]));
  return {{"schema_version", 1},
          {"a", run_json(runs.a.run)},
          {"b", run_json(runs.b.run)},
          {"threshold", number_json(runs.threshold)},
          {"on_purpose", fields_json(runs.on_purpose)},
          {"workloads", workloads},
          {"only_a", only_a},
          {"only_b", only_b}};
}

}  // namespace trainmark::report
