// The published study that a run repeats: its claims, tables and figures, published figures beside measured ones.
#include <fmt/format.h>

#include <algorithm>

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

std::string cell(const Json& c) {
  std::string out = "<td class=\"n\"><bdi>" + html_escaped(text(c, "text")) + "</bdi>";
  if (const std::string published = text(c, "published"); !published.empty())
    out += "<span class=\"published\"><span class=\"sr\">, published: </span><bdi>" + html_escaped(published) + "</bdi></span>";
  return out + "</td>";
}

std::string table(const Json& t) {
  if (list(t, "rows").empty()) return "";
  const std::string title = html_escaped(text(t, "number") + (text(t, "number").empty() ? "" : ". ") + text(t, "title"));
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
    out += "<tr><th scope=\"row\"><bdi>" + html_escaped(text(row, "label")) + "</bdi></th>";
    for (const Json& c : list(row, "cells")) out += cell(c);
    out += "</tr>\n";
  }
  out += "</tbody></table></div>\n";
  if (const std::string note = text(t, "note"); !note.empty()) out += "<p class=\"note\">" + html_sentence(note) + "</p>\n";
  return out;
}

// A published figure is one of the charts below; what has no data is said.
std::string figure(const Json& f, const std::vector<Chart>& charts) {
  const std::string wanted = text(f, "chart"), workload = text(f, "workload");
  std::string links;
  for (const Chart& chart : charts) {
    if (chart.name != wanted || (!workload.empty() && workload != chart.workload)) continue;
    links += fmt::format("{}<a href=\"#{}\">{}</a>", links.empty() ? "" : ", ", chart.id, html_escaped(chart.title));
  }
  return fmt::format("<li><bdi>{}</bdi> {}: {}</li>\n", html_escaped(text(f, "number")), html_escaped(text(f, "title")),
                     links.empty() ? "no data in this run" : links);
}

std::string listed(const char* title, const std::string& items) { return items.empty() ? "" : fmt::format("<h3>{}</h3>\n<ul>\n{}</ul>\n", title, items); }

}  // namespace

std::string html_study(const Json& study, const std::vector<Chart>& charts) {
  if (!study.is_object()) return "";
  std::string out = "<section id=\"study\">\n<h2>The published study</h2>\n";
  if (const std::string note = text(study, "note"); !note.empty()) out += "<p>" + html_sentence(note) + "</p>\n";
  out += claims(study);
  std::string tables, figures, missing, flaws;
  for (const Json& t : list(study, "tables")) tables += table(t);
  for (const Json& f : list(study, "figures")) figures += figure(f, charts);
  for (const Json& m : list(study, "missing"))
    missing += "<li><bdi>" + html_escaped(text(m, "what")) + "</bdi>: " + html_escaped(text(m, "reason")) + "</li>\n";
  for (const Json& f : list(study, "flaws")) {
    if (f.is_string()) flaws += "<li>" + html_sentence(f.get<std::string>()) + "</li>\n";
  }
  if (!tables.empty()) out += "<p class=\"note\">Large figures are measured here; small ones below them were published, on another machine.</p>\n";
  return out + tables + listed("Its figures", figures) + listed("Missing here", missing) + listed("Where the study is done differently", flaws) +
         "</section>\n";
}

}  // namespace trainmark::report
