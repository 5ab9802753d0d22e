// The published study that a run repeats: its claims, tables and figures, published figures beside measured ones.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "report/html.hpp"

namespace trainmark::report {
namespace {

using core::Json;

const Json kNone = Json::array();

std::string text(const Json& object, const char* key) {
  const auto member = object.is_object() ? object.find(key) : object.end();
  if (!object.is_object() || member == object.end()) return "";
  if (member->is_string()) return member->get<std::string>();
  return member->is_number() ? member->dump() : "";
}

const Json& list(const Json& object, const char* key) {
  const auto member = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && member != object.end() && member->is_array() ? *member : kNone;
}

std::string claims(const Json& study) {
  std::string out;
  for (const Json& claim : list(study, "claims")) {
    const std::string answer = text(claim, "answer");
    const char* mark = answer == "supported" ? "yes" : answer == "refuted" ? "no" : "open";
    out += fmt::format("<li><span class=\"badge {}\">{}</span> <bdi>{}</bdi>", mark, html_escaped(answer), html_escaped(text(claim, "text")));
    if (const std::string reason = text(claim, "reason"); !reason.empty()) out += fmt::format(" <span class=\"quiet\">{}</span>", html_escaped(reason));
    out += "</li>\n";
  }
  return out.empty() ? "" : "<h3>What was claimed</h3>\n<ul class=\"claims\">\n" + out + "</ul>\n";
}

// "Table 3. Times", escaped.
std::string numbered_title(const Json& item) {
  std::string number = text(item, "number");
  if (!number.empty()) number[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(number[0])));
  return html_escaped(number + (number.empty() ? "" : ". ") + text(item, "title"));
}

std::string cell(const Json& c) {
  std::string out = "<td class=\"n\"><bdi>" + html_escaped(text(c, "text")) + "</bdi>";
  if (const std::string published = text(c, "published"); !published.empty())
    out += "<span class=\"published\"><span class=\"sr\">, published: </span><bdi>" + html_escaped(published) + "</bdi></span>";
  return out + "</td>";
}

// Platform and workload; the platform alone where all rows are of one workload.
std::string row_label(const Json& row, const Json& rows) {
  const std::string platform = text(row, "platform"), workload = text(row, "workload");
  const bool one = std::all_of(rows.begin(), rows.end(), [&](const Json& other) { return text(other, "workload") == workload; });
  return one && !platform.empty() ? platform : text(row, "label");
}

std::string table(const Json& t) {
  if (list(t, "rows").empty()) return "";
  const std::string title = numbered_title(t);
  std::string out =
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"" + title + "\"><table><caption>" + title + "</caption>\n<thead><tr><td></td>";
  // Where headings name the rows' labels too, the first of them is theirs.
  size_t cells = 0;
  for (const Json& row : list(t, "rows")) cells = std::max(cells, list(row, "cells").size());
  const Json& columns = list(t, "columns");
  if (columns.size() > cells) out.resize(out.size() - std::string_view("<td></td>").size());
  for (const Json& column : columns) {
    const std::string unit = text(column, "unit");
    out += "<th scope=\"col\" class=\"n\"><bdi>" + html_escaped(text(column, "title")) + "</bdi>" +
           (unit.empty() ? "" : " <span class=\"unit\">(" + html_escaped(unit) + ")</span>") + "</th>";
  }
  out += "</tr></thead>\n<tbody>\n";
  for (const Json& row : list(t, "rows")) {
    const bool own = !row.is_object() || row.value("measured", Json(true)) != Json(false);
    const std::string unranked = text(row, "unranked_reason"), aside = own ? unranked : "published only";
    out += "<tr><th scope=\"row\"><bdi>" + html_escaped(row_label(row, list(t, "rows"))) + "</bdi>";
    out += aside.empty() ? "</th>" : " <span class=\"quiet\">(" + html_escaped(aside) + ")</span></th>";
    for (const Json& c : list(row, "cells")) out += cell(c);
    out += "</tr>\n";
  }
  out += "</tbody></table></div>\n";
  if (const std::string note = text(t, "note"); !note.empty()) out += "<p class=\"note\">" + html_sentence(note) + "</p>\n";
  return out;
}

// What study files call a figure, and the charts that make it.
const std::vector<std::pair<std::string, std::vector<std::string>>>& figure_charts() {
  static const std::vector<std::pair<std::string, std::vector<std::string>>> all = {
      {"four_panels", {"epoch-time", "epoch-throughput", "test-accuracy", "throughput"}},
      {"step_times", {"step-time"}},
      {"training_times", {"training-time"}},
      {"epoch_times", {"epoch-time"}},
      {"losses", {"train-loss"}},
      {"accuracies", {"test-accuracy"}},
      {"accuracy_over_time", {"accuracy-over-time"}},
      {"speed_up", {"speed-up"}},
      {"roofline_path", {"roofline-path"}},
      {"disturbance", {"timeline"}}};
  return all;
}

// The charts of a figure: those of its words, or of its own name, in the workloads that it shows (places in the report; none: all).
std::vector<const Chart*> charts_in(const Json& f, const std::vector<Chart>& charts) {
  std::vector<std::string> names = {text(f, "chart")};
  for (const auto& [word, made_of] : figure_charts()) {
    if (word == names.front()) names = made_of;
  }
  std::set<uint64_t> places;
  for (const Json& place : list(f, "workloads")) {
    if (place.is_number_unsigned() || (place.is_number_integer() && place.get<int64_t>() >= 0)) places.insert(place.get<uint64_t>());
  }
  std::vector<const Chart*> found;
  for (const Chart& chart : charts) {
    const bool shown = chart.section != "machines" && (places.empty() || std::any_of(chart.workloads.begin(), chart.workloads.end(),
                                                                                     [&](size_t workload) { return places.count(workload) > 0; }));
    if (shown && std::find(names.begin(), names.end(), chart.name) != names.end()) found.push_back(&chart);
  }
  // By workload, then in the order of the figure's panels.
  const auto key = [&](const Chart* chart) { return std::pair(chart->workloads, std::find(names.begin(), names.end(), chart->name)); };
  std::stable_sort(found.begin(), found.end(), [&](const Chart* a, const Chart* b) { return key(a) < key(b); });
  return found;
}

// What the study calls the one workload of a chart, where the figure has several; "" of others.
std::string label_of(const Json& f, const Chart& chart) {
  const Json &places = list(f, "workloads"), &labels = list(f, "labels");
  if (chart.workloads.size() != 1 || places.size() < 2) return "";
  for (size_t i = 0; i < places.size() && i < labels.size(); ++i) {
    if (places[i] == *chart.workloads.begin() && labels[i].is_string()) return labels[i].get<std::string>();
  }
  return "";
}

// Up to eight charts are drawn here once more; more are links to where they stand. What is not drawn is said.
std::string figure(const Json& f, const std::vector<Chart>& charts) {
  constexpr size_t kMostDrawn = 8;
  const std::string title = numbered_title(f);
  std::string out = "<figure class=\"published-figure\">\n<figcaption><h4><bdi>" + title + "</bdi></h4></figcaption>\n";
  const auto shown = charts_in(f, charts);
  std::string links, drawn;
  for (const Chart* chart : shown) {
    const std::string label = label_of(f, *chart), name = html_escaped(chart->title + (label.empty() ? "" : ": " + label));
    links += fmt::format("{}<a href=\"#{}\">{}</a>", links.empty() ? "" : "; ", chart->id, name);
    drawn += fmt::format("<div><p class=\"note\">{}</p><div class=\"chart\" data-chart=\"{}\"></div></div>\n", name, chart->id);
  }
  if (shown.empty()) {
    const std::string missing = text(f, "missing");
    return out + "<p class=\"note\">Not drawn: " + html_escaped(missing.empty() ? "this page has no such chart" : missing) + ".</p>\n</figure>\n";
  }
  if (shown.size() <= kMostDrawn) out += "<div class=\"figures-grid\">\n" + drawn + "</div>\n";
  return out + "<p class=\"note\">" + html_escaped(text(f, "note")) + (text(f, "note").empty() ? "" : " ") + "With notes and figures: " + links +
         ".</p>\n</figure>\n";
}

std::string listed(const char* title, const std::string& items) { return items.empty() ? "" : fmt::format("<h3>{}</h3>\n<ul>\n{}</ul>\n", title, items); }

}  // namespace

std::string html_study(const Json& study, const std::vector<Chart>& charts) {
  if (!study.is_object()) return "";
  std::string out = "<section id=\"study\">\n<h2>The published study</h2>\n";
  if (const std::string what = text(study, "description"); !what.empty()) out += "<p>" + html_sentence(what) + "</p>\n";
  out += claims(study);
  std::string tables, figures, missing, flaws, differences;
  for (const Json& t : list(study, "tables")) tables += table(t);
  for (const Json& f : list(study, "figures")) figures += figure(f, charts);
  for (const Json& m : list(study, "missing"))
    missing += "<li><bdi>" + html_escaped(text(m, "what")) + "</bdi>: " + html_escaped(text(m, "reason")) + "</li>\n";
  for (const Json& f : list(study, "flaws")) {
    if (f.is_string()) flaws += "<li>" + html_sentence(f.get<std::string>()) + "</li>\n";
  }
  for (const Json& d : list(study, "differences")) {
    if (d.is_string()) differences += "<li>" + html_sentence(d.get<std::string>()) + "</li>\n";
  }
  if (!figures.empty()) figures = "<h3>Its figures</h3>\n" + figures;
  if (!tables.empty()) out += "<p class=\"note\">Large figures are measured here; small ones below them were published, on another machine.</p>\n";
  return out + tables + figures + listed("Missing here", missing) + listed("Flaws of the published study", flaws) +
         listed("What is done differently here", differences) + "</section>\n";
}

}  // namespace trainmark::report
