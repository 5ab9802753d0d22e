// What whoever doubts a figure wants to know: the machine, what it cost, how each figure was got, the command that repeats it.
#include <fmt/format.h>

#include "report/html.hpp"
#include "report/memory_table.hpp"

namespace trainmark::report {
namespace {

using core::Json;

bool ends_with(const std::string& text, std::string_view ending) {
  return text.size() >= ending.size() && text.compare(text.size() - ending.size(), ending.size(), ending) == 0;
}

std::string spoken(std::string key) {
  for (char& c : key) {
    if (c == '_') c = ' ';
  }
  return key;
}

std::string value_text(const std::string& key, const Json& value) {
  if (value.is_null()) return "-";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_integer() && ends_with(key, "_bytes")) return bytes_text(value.get<int64_t>());
  if (value.is_array()) {
    std::string out;
    for (const Json& one : value) {
      if (!out.empty()) out += ", ";
      out += value_text("", one);
    }
    return out.empty() ? "-" : out;
  }
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// {"cpu": {"model": "x"}} as rows "cpu: model", "x"; lists of objects are numbered.
void flatten(const std::string& path, const std::string& key, const Json& value, std::vector<std::vector<std::string>>& rows, int depth) {
  const bool objects = value.is_array() && !value.empty() && value.front().is_structured();
  if (depth > 8 || (!value.is_object() && !objects)) {
    rows.push_back({path, value_text(key, value)});
    return;
  }
  size_t index = 0;
  for (const auto& [name, member] : value.items()) {
    const std::string step = objects ? std::to_string(++index) : spoken(name);
    flatten(path.empty() ? step : fmt::format("{}: {}", path, step), name, member, rows, depth + 1);
  }
}

std::string rows_table(const std::string& title, const Json& object) {
  Table table = {title, {"what", "value"}, {}};
  flatten("", "", object, table.rows, 0);
  return html_table(table);
}

std::string cost_table(const Json& cost) {
  if (!cost.is_object()) return "";
  Table table = {"Where the time of the run went", {"part", "time", "share"}, {}};
  const double total = cost.value("total_ns", 0.0);
  for (const auto& [key, what] : std::initializer_list<std::pair<const char*, const char*>>{{"start_ns", "starting workers"},
                                                                                            {"warm_up_ns", "warm-up"},
                                                                                            {"blocks_ns", "blocks"},
                                                                                            {"sentinel_ns", "watching for disturbance"},
                                                                                            {"evaluation_ns", "evaluation"},
                                                                                            {"proof_ns", "proof"},
                                                                                            {"supervisor_ns", "everything else"},
                                                                                            {"total_ns", "together"}}) {
    const double ns = cost.value(key, 0.0);
    table.rows.push_back({what, analysis::duration_text(ns), total > 0 ? fmt::format("{:.0f} %", 100 * ns / total) : "-"});
  }
  return html_table(table);
}

}  // namespace

std::string html_environment(const Json& report) {
  const Json& run = report["run"];
  std::string out = "<section id=\"environment\">\n<h2>How to repeat this, and on what it was measured</h2>\n";
  if (run["command_line"].is_string()) {
    out += "<p>The command:</p>\n<pre tabindex=\"0\"><code>" + html_escaped(run["command_line"].get<std::string>()) + "</code></pre>\n";
  } else {
    out += "<p>This report is anonymous: host, user, paths and the command are left out.</p>\n";
  }
  std::string skipped;
  for (const Json& s : report["skipped"]) {
    skipped +=
        "<li><code><bdi>" + html_escaped(s["platform"].get<std::string>()) + "</bdi></code>: " + html_escaped(s["reason"].get<std::string>()) + "</li>\n";
  }
  if (!skipped.empty()) out += "<h3>Left out</h3>\n<ul>\n" + skipped + "</ul>\n";
  std::string warnings;
  for (const Json& warning : run["warnings"]) warnings += "<li>" + html_escaped(warning.get<std::string>()) + "</li>\n";
  if (!warnings.empty()) out += "<h3>What may make times wrong on this machine</h3>\n<ul>\n" + warnings + "</ul>\n";
  out += "<details><summary>Environment</summary>\n" + rows_table("Environment of the run", run["environment"]) + "</details>\n";
  for (const Json& w : report["workloads"]) {
    const std::string title = w["title"];
    out += "<details><summary>Exact values of <bdi>" + html_escaped(title) + "</bdi></summary>\n" + rows_table("Workload " + title, w["workload"]) +
           "</details>\n";
  }
  if (const std::string cost = cost_table(report["time_spent"]); !cost.empty())
    out += "<details><summary>What the run took</summary>\n" + cost + "</details>\n";
  out += "<details><summary>How each figure was got</summary>\n<dl>\n";
  for (const auto& [key, how] : report["provenance"].items()) {
    out += "<dt>" + html_escaped(spoken(key)) + "</dt><dd>" + html_escaped(how.is_string() ? how.get<std::string>() : how.dump()) + "</dd>\n";
  }
  return out + "</dl></details>\n</section>\n";
}

}  // namespace trainmark::report
