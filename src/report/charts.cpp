// What all charts have in common: placeholders, names, anonymity.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/anonymous.hpp"
#include "report/chart_parts.hpp"

namespace trainmark::report {
namespace {

using core::Json;

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
}

// What is put in is not looked at again: a name may look like a placeholder.
void fill(Json& json, const Json& placeholders) {
  if (json.is_structured()) {
    for (Json& member : json) fill(member, placeholders);
    return;
  }
  if (!json.is_string()) return;
  std::string text = json.get<std::string>();
  if (text.size() > 2 && text.front() == '{' && text.find('}') == text.size() - 1) {
    const auto whole = placeholders.find(text.substr(1, text.size() - 2));
    if (whole != placeholders.end()) json = *whole;
    return;
  }
  for (const auto& [key, value] : placeholders.items()) {
    if (value.is_string()) replace_all(text, "{" + key + "}", value.get<std::string>());
  }
  json = text;
}

// Logarithmic axes have a line for each tick, most of them without a label; and no zero.
void tidy_log_axes(Json& json) {
  if (!json.is_structured()) return;
  if (json.is_object() && json.contains("scale") && json["scale"].is_object() && json["scale"].value("type", Json()) == "log") {
    json["scale"].erase("zero");
    const Json labelled = {{"condition", {{"test", "datum.label === ''"}, {"value", 0}}}, {"value", 1}};
    json["axis"]["gridOpacity"] = labelled;
    json["axis"]["tickOpacity"] = labelled;
  }
  for (Json& member : json) tidy_log_axes(member);
}

}  // namespace

Json tooltip(std::initializer_list<TooltipLine> lines) {
  Json out = Json::array();
  for (const TooltipLine& line : lines) {
    const bool number = line.format[0] != '\0';
    out.push_back({{"field", line.field}, {"type", number ? "quantitative" : "nominal"}, {"title", line.title}});
    if (number) out.back()["format"] = line.format;
  }
  return out;
}

std::vector<const analysis::PlatformResult*> charted(const analysis::WorkloadResult& result) {
  std::vector<const analysis::PlatformResult*> shown;
  for (const analysis::PlatformResult& p : result.platforms) {
    if (p.verdict != "failed" && p.invalid.empty() && p.step_ns.n > 0) shown.push_back(&p);
  }
  return shown;
}

std::vector<std::string> names_of(const std::vector<const analysis::PlatformResult*>& platforms) {
  std::vector<std::string> names;
  names.reserve(platforms.size());
  for (const auto* p : platforms) names.push_back(p->platform);
  return names;
}

Table table_of(const std::string& title, std::vector<std::vector<std::string>> rows) {
  if (rows.empty()) return {title, {}, {}};
  Table table = {title, rows.front(), {}};
  table.rows.assign(rows.begin() + 1, rows.end());
  return table;
}

std::string some_of(const std::vector<std::string>& names) {
  constexpr size_t kMost = 6;
  if (names.size() <= kMost) return analysis::list_of(names);
  std::vector<std::string> first(names.begin(), names.begin() + kMost - 1);
  first.push_back(fmt::format("{} more", names.size() - first.size()));
  return analysis::list_of(first);
}

std::string scale_note(const std::string& scale) { return scale == "log" ? ", logarithmic" : ""; }

TimeUnit unit_for(double ns) {
  if (ns >= 1e9) return {"s", 1e9};
  if (ns >= 1e6) return {"ms", 1e6};
  return ns >= 1e3 ? TimeUnit{"us", 1e3} : TimeUnit{"ns", 1};
}

const char* scale_for(double smallest, double largest) { return smallest > 0 && largest > 20 * smallest ? "log" : "linear"; }

std::vector<std::string> platforms_of(const std::vector<Chart>& charts) {
  std::vector<std::string> all;
  for (const Chart& chart : charts) all.insert(all.end(), chart.platforms.begin(), chart.platforms.end());
  return all;
}

Chart make_chart(const std::string& name, const std::string& title, const Json& placeholders) {
  Chart chart;
  chart.name = chart.id = name;
  chart.title = title;
  chart.description = placeholders.value("description", title);
  const std::string file = placeholders.value("file", name);
  chart.spec = Json::parse(chart_file(file + ".vl.json"));
  fill(chart.spec, placeholders);
  tidy_log_axes(chart.spec);
  return chart;
}

Chart with_data(Chart chart, Json data, Table table, std::vector<std::string> platforms) {
  chart.points = 0;
  for (const auto& rows : data) chart.points += rows.size();
  chart.data = std::move(data);
  chart.table = std::move(table);
  chart.platforms = std::move(platforms);
  return chart;
}

// Only where the specification says "range": a platform may be called "{shapes}".
static void set_ranges(Json& json, const Json& ranges) {
  if (!json.is_structured()) return;
  if (json.is_object() && json.contains("range") && json["range"].is_string() && ranges.contains(json["range"].get<std::string>())) {
    json["range"] = ranges[json["range"].get<std::string>()];
  }
  for (Json& member : json) set_ranges(member, ranges);
}

// Dashes and shapes hang on all platforms of the report, so they are put in when all charts are there.
static void set_styles(std::vector<Chart>& charts) {
  const auto styles = styles_of(platforms_of(charts));
  for (Chart& chart : charts) {
    Json shapes = Json::array(), dashes = Json::array();
    for (const std::string& name : chart.platforms) {
      shapes.push_back(styles.at(name).shape);
      dashes.push_back(styles.at(name).dash.empty() ? Json{1, 0} : styles.at(name).dash);
    }
    set_ranges(chart.spec, {{"{shapes}", shapes}, {"{dashes}", dashes}});
  }
}

static void make_anonymous(Chart& chart) {
  chart.spec = anonymous_json(std::move(chart.spec), "");
  chart.data = anonymous_json(std::move(chart.data), "");
  for (std::string* text : {&chart.title, &chart.note, &chart.description, &chart.table.title}) *text = anonymous_text(*text, "");
  for (std::string& name : chart.platforms) name = anonymous_text(name, "");
  for (std::string& heading : chart.table.headings) heading = anonymous_text(heading, "");
  make_anonymous(chart.table.rows);
}

std::vector<Chart> charts_of(const store::RunData& data, const analysis::Comparison& comparison, bool anonymous) {
  std::vector<Chart> charts;
  for (size_t w = 0; w < comparison.workloads.size(); ++w) {
    const analysis::WorkloadResult& result = comparison.workloads[w];
    std::vector<Chart> made = block_charts(data, result);
    for (auto more : {result_charts(result), epoch_charts(data, result), part_charts(result), roofline_charts(result)}) {
      std::move(more.begin(), more.end(), std::back_inserter(made));
    }
    // The timeline is about the machine, and comes last.
    std::stable_partition(made.begin(), made.end(), [](const Chart& chart) { return chart.name != "timeline"; });
    for (Chart& chart : made) {
      chart.section = fmt::format("w{}", w + 1);
      chart.id = chart.section + "-" + chart.name;
      chart.workloads = {w};
      if (anonymous) make_anonymous(chart);
      charts.push_back(std::move(chart));
    }
  }
  for (auto made : {sweep_charts(comparison), machine_charts(comparison, anonymous), path_charts(comparison), drawings(comparison)}) {
    for (Chart& chart : made) {
      if (anonymous) make_anonymous(chart);
      charts.push_back(std::move(chart));
    }
  }
  set_styles(charts);
  return charts;
}

}  // namespace trainmark::report
