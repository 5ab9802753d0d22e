// The sections of the page: a workload with its table, sentences and charts; sweeps; other machines; drawings.
#include <fmt/format.h>

#include "report/anonymous.hpp"
#include "report/cells.hpp"
#include "report/chart_parts.hpp"
#include "report/html.hpp"
#include "report/machines.hpp"
#include "report/memory_table.hpp"
#include "report/roofline.hpp"

namespace trainmark::report {
namespace {

using core::Json;

std::string figure(const Chart& chart) {
  std::string out = fmt::format("<figure id=\"{}\">\n<figcaption><h3 id=\"{}-title\">{}</h3></figcaption>\n", chart.id, chart.id, html_escaped(chart.title));
  out += fmt::format("<div class=\"chart\" data-chart=\"{}\"></div>\n<p class=\"note\">{}</p>\n", chart.id, html_escaped(chart.note));
  return out + "<details class=\"figures\"><summary>Figures of this chart<span class=\"sr\">: " + html_escaped(chart.title) + "</span></summary>\n" +
         html_table(chart.table) + "</details>\n</figure>\n";
}

std::string sentences_list(const Json& workload, const analysis::WorkloadResult& result, bool anonymous) {
  std::string out;
  for (const Json& sentence : workload["sentences"]) out += "<li>" + html_sentence(sentence.get<std::string>()) + "</li>\n";
  if (!anonymous) {
    for (const std::string& sentence : roofline_sentences(result)) out += "<li>" + html_sentence(sentence) + "</li>\n";
  }
  return out.empty() ? "" : "<ul class=\"sentences\">\n" + out + "</ul>\n";
}

std::string figures_of(const std::string& section, const std::vector<Chart>& charts) {
  std::string figures;
  for (const Chart& chart : charts) {
    if (chart.section == section) figures += figure(chart);
  }
  return figures;
}

}  // namespace

std::string html_workload(size_t index, const Json& workload, const analysis::WorkloadResult& result, const std::vector<Chart>& charts, bool anonymous) {
  std::string out = fmt::format("<section id=\"w{}\">\n<h2><bdi>{}</bdi></h2>\n", index + 1, html_escaped(workload["title"].get<std::string>()));
  if (const std::string first = headline(workload); !first.empty()) out += "<p class=\"headline\">" + html_sentence(first) + "</p>\n";
  out += html_table(results_table(result, anonymous)) + sentences_list(workload, result, anonymous);
  const std::string figures = figures_of(fmt::format("w{}", index + 1), charts);
  if (!figures.empty()) out += "<div class=\"figures-grid\">\n" + figures + "</div>\n";
  std::vector<std::vector<std::string>> phases = memory_phase_rows(result);
  if (anonymous) make_anonymous(phases);
  if (!phases.empty()) {
    Table table = {memory_phase_caption(), phases.front(), {phases.begin() + 1, phases.end()}};
    out += "<details><summary>Memory by phase</summary>\n" + html_table(table) + "</details>\n";
  }
  return out + "</section>\n";
}

// Every sweep with its chart; what it says in sentences.
std::string html_sweeps(const analysis::Comparison& comparison, const std::vector<Chart>& charts, bool anonymous) {
  std::string out;
  for (size_t s = 0; s < comparison.sweeps.size(); ++s) {
    const analysis::Sweep& sweep = comparison.sweeps[s];
    const auto shown = [&](const std::string& text) { return html_escaped(anonymous ? anonymous_text(text, "") : text); };
    out += fmt::format("<section id=\"s{}\">\n<h2>Sweep over {}: <bdi>{}</bdi></h2>\n", s + 1, html_escaped(sweep.name), shown(sweep.title));
    out += figures_of(fmt::format("s{}", s + 1), charts);
    std::string sentences;
    for (const std::string& sentence : sweep.sentences) sentences += "<li>" + shown(sentence) + "</li>\n";
    if (!sentences.empty()) out += "<ul class=\"sentences\">\n" + sentences + "</ul>\n";
    out += "</section>\n";
  }
  return out;
}

std::string html_machines(const analysis::Comparison& comparison, const std::vector<Chart>& charts, bool anonymous) {
  std::string out;
  for (const analysis::MachineWorkload& w : comparison.machines) {
    Table table = table_of(anonymous ? anonymous_text(machine_caption(w), "") : machine_caption(w), machine_rows(w, anonymous));
    for (auto& row : table.rows) row[0] = anonymous ? anonymous_text(row[0], "") : row[0];
    out += html_table(table);
    std::string sentences;
    for (const std::string& sentence : anonymous ? std::vector<std::string>() : w.sentences) sentences += "<li>" + html_sentence(sentence) + "</li>\n";
    if (!sentences.empty()) out += "<ul class=\"sentences\">\n" + sentences + "</ul>\n";
  }
  if (out.empty()) return "";
  if (const std::string figures = figures_of("machines", charts); !figures.empty()) out += "<div class=\"figures-grid\">\n" + figures + "</div>\n";
  return "<section id=\"machines\">\n<h2>The same work on other machines</h2>\n" + out + "</section>\n";
}

// The networks and the machine.
std::string html_drawings(const std::vector<Chart>& charts) {
  const std::string figures = figures_of("drawings", charts);
  return figures.empty()
             ? ""
             : "<section id=\"drawings\">\n<h2>All networks and the machine</h2>\n<div class=\"figures-grid\">\n" + figures + "</div>\n</section>\n";
}

}  // namespace trainmark::report
