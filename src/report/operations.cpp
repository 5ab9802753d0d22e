// A cell is a time and its share of the step while operations are timed; shares of a column and its rest sum to 1.
#include "report/operations.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "report/fit.hpp"

namespace trainmark::report {
namespace {

using analysis::Operations;
using Row = std::vector<std::string>;

std::string cell(double time_ns, double step_ns) {
  if (time_ns <= 0) return "-";
  return fmt::format("{} {:>3.0f} %", analysis::duration_text(time_ns), 100 * time_ns / step_ns);
}

std::string spoken(std::string word) {
  std::replace(word.begin(), word.end(), '_', ' ');
  return word;
}

std::vector<const analysis::PlatformResult*> shown(const analysis::WorkloadResult& result) {
  std::vector<const analysis::PlatformResult*> platforms;
  for (const analysis::PlatformResult& p : result.platforms) {
    if (p.operations && p.operations->reason.empty()) platforms.push_back(&p);
  }
  return platforms;
}

/// A row whose cells are made from each platform's operations.
template <class Make>
Row row(const std::string& name, const std::vector<const analysis::PlatformResult*>& platforms, const Make& make) {
  Row cells = {name};
  for (const analysis::PlatformResult* p : platforms) cells.push_back(make(*p->operations));
  return cells;
}

bool is_empty(const Row& row) {
  return std::all_of(row.begin() + 1, row.end(), [](const std::string& text) { return text == "-"; });
}

std::vector<Row> rows_of(const std::vector<const analysis::PlatformResult*>& platforms) {
  std::vector<Row> rows = {{"operation"}};
  for (const analysis::PlatformResult* p : platforms) rows.front().push_back(p->platform);
  const auto add = [&](const std::string& name, const auto& time_of) {
    Row made = row(name, platforms, [&](const Operations& o) { return cell(time_of(o), o.step.step_ns); });
    if (!is_empty(made)) rows.push_back(std::move(made));
  };
  for (const std::string& phase : worker::phase_words()) {
    for (const std::string& operation : worker::operation_words()) {
      const std::string name = operation == phase ? phase : fmt::format("{}, {}", spoken(operation), phase);
      add(name, [&](const Operations& o) { return analysis::time_in(o, operation, phase); });
    }
  }
  for (const std::string& phase : worker::phase_words()) add("all of " + phase, [&](const Operations& o) { return analysis::time_in(o, "", phase); });
  add("rest", [](const Operations& o) { return o.step.rest_ns(); });
  rows.push_back(row("step, timed", platforms, [](const Operations& o) { return analysis::duration_text(o.step.step_ns); }));
  rows.push_back(row("step, plain", platforms, [](const Operations& o) { return analysis::duration_text(o.step.plain_ns); }));
  rows.push_back(row("cost of timing", platforms, [](const Operations& o) { return fmt::format("{:+.0f} %", 100 * o.overhead()); }));
  return rows;
}

}  // namespace

std::string operations_caption(const analysis::WorkloadResult&) {
  return "Where the time of a step goes, as time and as share of the step while its operations are timed:";
}

std::vector<Row> operation_rows(const analysis::WorkloadResult& result) {
  const auto platforms = shown(result);
  return platforms.empty() ? std::vector<Row>() : rows_of(platforms);
}

std::vector<std::vector<Row>> operation_tables(const analysis::WorkloadResult& result, size_t width) {
  return split_to_width(operation_rows(result), width, 1);
}

std::vector<std::string> operation_reasons(const analysis::WorkloadResult& result) {
  std::vector<std::string> sentences;
  for (const analysis::PlatformResult& p : result.platforms) {
    if (!p.operations || p.operations->reason.empty()) continue;
    sentences.push_back(fmt::format("No operations of {}: {}.", p.platform, analysis::without_stop(p.operations->reason)));
  }
  return sentences;
}

}  // namespace trainmark::report
