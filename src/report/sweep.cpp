#include "report/sweep.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "analysis/comparison.hpp"
#include "core/file.hpp"
#include "report/csv.hpp"
#include "report/json_figures.hpp"
#include "report/text_table.hpp"

namespace trainmark::report {
namespace {

using analysis::Sweep;
using analysis::SweepLine;
using analysis::SweepPoint;
using core::Json;
using Rows = std::vector<std::vector<std::string>>;

const std::vector<std::string> kLeft = {"note"};

std::string time_text(const std::optional<double>& ns) { return ns ? analysis::duration_text(*ns) : "-"; }

// "failed", "out of memory": the rest stands in a sentence.
std::string note_of(const SweepPoint& point) { return point.cause.substr(0, point.cause.find(':')); }

Rows rows_of(const Sweep& sweep) {
  Rows rows = {{"platform", sweep.name, "step", "low", "high", "per sample", "note"}};
  for (const SweepLine& line : sweep.lines) {
    for (const SweepPoint& p : line.points) {
      const auto end = [&](double statistics::Interval::*member) { return p.step ? time_text(p.step.value().*member) : "-"; };
      rows.push_back({line.platform, std::to_string(p.size), time_text(p.step_ns), end(&statistics::Interval::low), end(&statistics::Interval::high),
                      time_text(p.sample_ns), note_of(p)});
    }
  }
  const bool noted = std::any_of(rows.begin() + 1, rows.end(), [](const auto& row) { return !row.back().empty(); });
  if (!noted) {
    for (auto& row : rows) row.pop_back();
  }
  return rows;
}

std::string caption(const Sweep& sweep) { return fmt::format("By {}: {}", sweep.name, sweep.title); }

Json point_json(const SweepPoint& p, bool anonymous) {
  return {{"size", p.size},
          {"workload_hash", p.hash},
          {"processes", p.processes},
          {"step_time_ns", number_json(p.step_ns)},
          {"step_time_interval_ns", interval_json(p.step)},
          {"sample_time_ns", number_json(p.sample_ns)},
          {"sample_time_interval_ns", interval_json(p.sample)},
          {"cause", p.cause.empty() ? Json(nullptr) : Json(anonymous ? note_of(p) : p.cause)}};
}

Json growth_json(const std::optional<analysis::Growth>& g) {
  return g ? Json{{"exponent", number_json(g->exponent)}, {"interval", interval_json(g->interval)}, {"sizes", g->sizes}} : Json(nullptr);
}

std::string ends(const std::optional<statistics::Interval>& i) { return i ? csv_number(i->low, 9) + "," + csv_number(i->high, 9) : ","; }

}  // namespace

std::string sweeps_text(const std::vector<Sweep>& sweeps, size_t width) {
  std::string out;
  for (const Sweep& sweep : sweeps) {
    out += "\n" + wrapped_text(caption(sweep), width) + "\n" + plain_table(rows_of(sweep), width, kLeft);
    for (const std::string& sentence : sweep.sentences) out += wrapped_text(sentence, width);
  }
  return out;
}

std::string sweeps_markdown(const std::vector<Sweep>& sweeps) {
  std::string out;
  for (const Sweep& sweep : sweeps) {
    out += fmt::format("### {}\n\n{}", caption(sweep), markdown_table(rows_of(sweep), kLeft));
    for (const std::string& sentence : sweep.sentences) out += "- " + sentence + "\n";
    out += "\n";
  }
  return out;
}

Json sweeps_json(const std::vector<Sweep>& sweeps, bool anonymous) {
  Json list = Json::array();
  for (const Sweep& sweep : sweeps) {
    Json lines = Json::array(), crossovers = Json::array();
    for (const SweepLine& line : sweep.lines) {
      Json points = Json::array();
      for (const SweepPoint& p : line.points) points.push_back(point_json(p, anonymous));
      lines.push_back({{"platform", line.platform}, {"points", points}, {"growth", growth_json(line.growth)}});
    }
    for (const analysis::Crossover& c : sweep.crossovers) {
      crossovers.push_back(
          {{"faster_below", c.faster_below}, {"faster_above", c.faster_above}, {"size", number_json(c.size)}, {"below", c.below}, {"above", c.above}});
    }
    list.push_back({{"varied", sweep.varied},
                    {"title", sweep.title},
                    {"platforms", lines},
                    {"crossovers", crossovers},
                    {"sentences", anonymous ? Json::array() : Json(sweep.sentences)}});
  }
  return list;
}

core::Result<std::string> write_sweep_csv(const std::vector<Sweep>& sweeps, const std::filesystem::path& folder) {
  if (sweeps.empty()) return std::string();
  std::string text =
      "varied,title,platform,size,workload_hash,processes,step_ns,step_low_ns,step_high_ns,sample_ns,sample_low_ns,sample_high_ns,exponent,exponent_low,"
      "exponent_high,cause\n";
  for (const Sweep& sweep : sweeps) {
    for (const SweepLine& line : sweep.lines) {
      const auto& growth = line.growth;
      for (const SweepPoint& p : line.points) {
        text += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{}\n", sweep.varied, csv_text(sweep.title), csv_text(line.platform), p.size, p.hash,
                            p.processes, csv_number(p.step_ns, 9), ends(p.step), csv_number(p.sample_ns, 9), ends(p.sample),
                            growth ? csv_number(growth->exponent, 9) : "", growth ? ends(growth->interval) : ",", p.cause.empty() ? "" : csv_text(p.cause));
      }
    }
  }
  const std::string name = "sweep.csv";
  const auto written = core::write_file(folder / name, std::string_view(text));
  if (!written) return written.error();
  return name;
}

}  // namespace trainmark::report
