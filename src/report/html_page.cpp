// The page: header, one section for each workload with its table, sentences and charts, the study, the environment, and the scripts at the end.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>
#include <set>

#include "report/anonymous.hpp"
#include "report/cells.hpp"
#include "report/html.hpp"
#include "report/html_pieces.hpp"
#include "report/report.hpp"

namespace trainmark::report {
namespace {

using core::Json;

/// The skeleton with each {{name}} replaced, in one pass: what is put in is not looked at again.
std::string filled(std::string_view skeleton, const std::map<std::string, std::string_view>& values) {
  std::string out;
  while (!skeleton.empty()) {
    const size_t open = skeleton.find("{{"), close = open == std::string_view::npos ? open : skeleton.find("}}", open);
    if (close == std::string_view::npos) return out + std::string(skeleton);
    out += skeleton.substr(0, open);
    const auto value = values.find(std::string(skeleton.substr(open + 2, close - open - 2)));
    if (value != values.end()) out += value->second;
    skeleton.remove_prefix(close + 2);
  }
  return out;
}

std::string date_text(const Json& wall_ns) {
  if (!wall_ns.is_number_integer() || wall_ns.get<int64_t>() <= 0) return "";
  return fmt::format("{:%Y-%m-%d}", fmt::gmtime(static_cast<std::time_t>(wall_ns.get<int64_t>() / 1'000'000'000)));
}

// "AMD EPYC, 2 cores" is what a reader wants to know first; the rest is further down.
std::string machine_text(const Json& environment) {
  const Json model = environment.value(Json::json_pointer("/cpu/model"), Json()), label = environment.value("label", Json());
  std::string out = label.is_string() ? label.get<std::string>() : "";
  if (model.is_string()) out += (out.empty() ? "" : ", ") + model.get<std::string>();
  for (const Json& gpu : environment.value("gpus", Json::array())) {
    if (gpu.is_object() && gpu.value("name", Json()).is_string()) out += ", " + gpu["name"].get<std::string>();
  }
  return out;
}

// "12 of 14 platforms are verified": the verdicts at a glance, before any time.
std::string verdicts(const Json& report) {
  size_t verified = 0, failed = 0, unchecked = 0;
  for (const Json& w : report["workloads"]) {
    for (const Json& p : w["platforms"]) {
      const std::string verdict = p["verdict"]["value"];
      ++(verdict == "verified" ? verified : verdict == "failed" ? failed : unchecked);
    }
  }
  const auto badge = [](const char* mark, size_t count, const char* what) {
    return count == 0 ? "" : fmt::format("<li><span class=\"badge {}\">{} {}</span></li>", mark, count, what);
  };
  return "<ul class=\"verdicts\" aria-label=\"Verdicts over all results\">" + badge("yes", verified, "verified") + badge("no", failed, "failed") +
         badge("open", unchecked, "unchecked") + "</ul>\n";
}

std::string contents(const Json& report, bool study, bool machines) {
  std::string out = "<nav aria-label=\"Contents\"><ul>\n";
  if (study) out += "<li><a href=\"#study\">The published study</a></li>\n";
  size_t index = 0;
  for (const Json& w : report["workloads"])
    out += fmt::format("<li><a href=\"#w{}\"><bdi>{}</bdi></a></li>\n", ++index, html_escaped(w["title"].get<std::string>()));
  if (machines) out += "<li><a href=\"#machines\">The same work on other machines</a></li>\n";
  return out + "<li><a href=\"#environment\">Repeating it, machine, provenance</a></li>\n</ul></nav>\n";
}

// Rows as columns: a name is written once, not a hundred thousand times.
Json columns_of(const Json& rows) {
  Json columns = Json::object();
  if (rows.empty()) return columns;
  for (const auto& [key, first] : rows.front().items()) columns[key] = Json::array();
  for (const Json& row : rows) {
    for (const auto& [key, value] : row.items())
      columns[key].push_back(value.is_number_float() ? Json(std::stod(fmt::format("{:.7g}", value.get<double>()))) : value);
  }
  return columns;
}

std::string charts_json(const std::vector<Chart>& charts) {
  const auto styles = styles_of(platforms_of(charts));
  Json out = {
      {"themes", {{"light", chart_config("light", {}, {})}, {"dark", chart_config("dark", {}, {})}}}, {"colours", Json::object()}, {"charts", Json::array()}};
  for (const auto& [name, style] : styles) out["colours"][name] = {{"light", style.light}, {"dark", style.dark}};
  for (const Chart& chart : charts) {
    Json data = Json::object();
    for (const auto& [name, rows] : chart.data.items()) data[name] = columns_of(rows);
    out["charts"].push_back({{"id", chart.id},
                             {"spec", chart.spec},
                             {"data", data},
                             {"platforms", chart.platforms},
                             {"renderer", chart.points > kCanvasPoints ? "canvas" : "svg"},
                             {"file", "trainmark-" + chart.id},
                             {"description", chart.description}});
  }
  return script_json(out);
}

constexpr const char* kNoCharts =
    "<p class=\"note\" id=\"no-charts\">This report holds tables only: trainmark was built without the script that draws charts. <code>./dev build</code> "
    "fetches it (the Python "
    "package vl-convert-python, once) and builds again.</p>\n";

constexpr const char* kScriptOff = "<noscript><p class=\"note\">Charts need JavaScript; their figures stand in the tables.</p></noscript>\n";

}  // namespace

Table results_table(const analysis::WorkloadResult& result, bool anonymous) {
  Table table = {"Results", headings(result), {}};
  for (const analysis::PlatformResult& p : result.platforms) table.rows.push_back(cells(p, result));
  if (anonymous) make_anonymous(table.rows);
  return table;
}

std::string render_html(const Json& report, const analysis::Comparison& comparison, const std::vector<Chart>& charts, bool anonymous) {
  const Json& run = report["run"];
  const Json study = report.value("study", Json());
  const bool has_study = study.is_object() && !study.empty();
  const auto study_text = [&](const char* key) { return has_study && study.value(key, Json()).is_string() ? study[key].get<std::string>() : ""; };
  const std::string name = study_text("name").empty() ? run["study"].get<std::string>() : study_text("name");
  const std::string machine = machine_text(run["environment"]), date = date_text(run["started_wall_ns"]);

  std::string body = fmt::format("<h1><bdi>{}</bdi></h1>\n", html_escaped(name));
  body += "<p class=\"question\">" +
          html_escaped(study_text("question").empty() ? "What trains this network fastest, and did each platform really do the same work?"
                                                      : study_text("question")) +
          "</p>\n";
  body += fmt::format("<p class=\"quiet\">{}{}{}trainmark {}, run {}</p>\n", html_escaped(machine), machine.empty() ? "" : " &middot; ",
                      date.empty() ? "" : date + " &middot; ", html_escaped(run["version"].get<std::string>()),
                      html_escaped(run["id"].get<std::string>().substr(0, 8)));
  if (const std::string scale = study_text("scale"); !scale.empty() && scale != "full") {
    body += "<p class=\"scale\">Scale: " + html_escaped(scale) + ". Fewer epochs and repetitions than in the published study.</p>\n";
  }
  body += verdicts(report);
  std::string headlines;
  size_t index = 0;
  for (const Json& w : report["workloads"]) {
    ++index;
    const std::string sentence = headline(w);
    if (!sentence.empty() && report["workloads"].size() > 1) {
      headlines +=
          fmt::format("<li><a href=\"#w{}\"><bdi>{}</bdi></a>: {}</li>\n", index, html_escaped(w["title"].get<std::string>()), html_sentence(sentence));
    }
  }
  if (!headlines.empty()) body += "<ul class=\"headlines\">\n" + headlines + "</ul>\n";
  body += contents(report, has_study, !comparison.machines.empty());
  body += vega_bundle().empty() && !charts.empty() ? kNoCharts : kScriptOff;
  body += html_study(study, charts);
  for (size_t w = 0; w < comparison.workloads.size() && w < report["workloads"].size(); ++w) {
    body += html_workload(w, report["workloads"][w], comparison.workloads[w], charts, anonymous);
  }
  body += html_sweeps(comparison, charts, anonymous) + html_machines(comparison, charts, anonymous);
  if (!anonymous && !comparison.energy_notes.empty()) {
    for (const std::string& note : comparison.energy_notes) body += "<p class=\"note\">" + html_escaped(note) + "</p>\n";
  }
  body += html_drawings(charts) + html_environment(report);
  const std::string title = html_escaped("trainmark: " + name), data = charts_json(charts), whole = script_json(report);
  return filled(kPageHtml,
                {{"title", title}, {"style", kPageCss}, {"body", body}, {"charts", data}, {"report", whole}, {"bundle", vega_bundle()}, {"script", kPageJs}});
}

std::string html_of(const store::RunData& data, const analysis::Comparison& comparison, bool anonymous) {
  return render_html(render_json(comparison, anonymous), comparison, charts_of(data, comparison, anonymous), anonymous);
}

}  // namespace trainmark::report
