#include "report/machines.hpp"

#include <fmt/format.h>

#include <map>
#include <set>

#include "analysis/comparison.hpp"
#include "core/json_null.hpp"
#include "report/fit.hpp"
#include "report/json_figures.hpp"
#include "report/text_table.hpp"

namespace trainmark::report {
namespace {

using analysis::MachineCell;
using analysis::MachineWorkload;
using core::Json;

std::string cell_text(const std::optional<MachineCell>& cell) {
  if (!cell) return "-";
  const std::string time = cell->step_ns ? analysis::duration_text(*cell->step_ns) : "";
  if (cell->obstacle.empty()) return time;
  return time.empty() ? cell->obstacle : fmt::format("{} ({})", time, cell->obstacle);
}

}  // namespace

std::vector<std::string> machine_names(const MachineWorkload& w, bool anonymous) {
  std::vector<std::string> names;
  std::map<std::string, size_t> numbers;  // of runs: one of each machine
  std::map<std::string, std::set<std::string>> namesakes;
  for (const analysis::MachineColumn& column : w.columns) {
    const size_t number = numbers.emplace(column.run, numbers.size() + 1).first->second;
    auto& alike = namesakes[column.machine];
    alike.insert(column.run);
    const std::string name = alike.size() > 1 ? fmt::format("{} ({})", column.machine, number) : column.machine;
    names.push_back(anonymous ? fmt::format("machine {}", number) : name);
  }
  return names;
}

std::vector<std::string> machine_headings(const MachineWorkload& w, bool anonymous) {
  auto headings = machine_names(w, anonymous);
  for (size_t i = 0; i < headings.size(); ++i) headings[i] += fmt::format(", {} thread{}", w.columns[i].threads, w.columns[i].threads == 1 ? "" : "s");
  return headings;
}

std::vector<std::vector<std::string>> machine_rows(const MachineWorkload& w, bool anonymous) {
  std::vector<std::vector<std::string>> rows = {machine_headings(w, anonymous)};
  rows[0].insert(rows[0].begin(), "platform");
  for (const analysis::MachineRow& row : w.rows) {
    rows.push_back({row.platform});
    for (const auto& cell : row.cells) rows.back().push_back(cell_text(cell));
  }
  return rows;
}

std::string machine_caption(const MachineWorkload& w) { return "Median step on each machine: " + w.title; }

std::string machines_text(const std::vector<MachineWorkload>& workloads, size_t width) {
  std::string out;
  for (const MachineWorkload& w : workloads) {
    out += "\n" + wrapped_text(machine_caption(w), width) + "\n";
    for (auto& part : split_to_width(machine_rows(w, false), width, 1)) out += plain_table(std::move(part), width);
    for (const std::string& sentence : w.sentences) out += wrapped_text(sentence, width);
  }
  return out;
}

std::string machines_markdown(const std::vector<MachineWorkload>& workloads) {
  std::string out;
  for (const MachineWorkload& w : workloads) {
    out += fmt::format("### {}\n\n{}", machine_caption(w), markdown_table(machine_rows(w, false)));
    for (const std::string& sentence : w.sentences) out += "- " + sentence + "\n";
    out += "\n";
  }
  return out;
}

Json machines_json(const std::vector<MachineWorkload>& workloads, bool anonymous) {
  Json list = Json::array();
  for (const MachineWorkload& w : workloads) {
    const auto names = machine_names(w, anonymous);
    Json columns = Json::array(), rows = Json::array();
    for (size_t i = 0; i < w.columns.size(); ++i) columns.push_back({{"machine", names[i]}, {"run", w.columns[i].run}, {"threads", w.columns[i].threads}});
    for (const analysis::MachineRow& row : w.rows) {
      Json cells = Json::array();
      for (const auto& cell : row.cells) {
        cells.push_back(cell ? Json{{"step_time_ns", number_json(cell->step_ns)},
                                    {"interval", interval_json(cell->step)},
                                    {"unranked_reason", core::text_or_null(cell->obstacle)}}
                             : Json(nullptr));
      }
      rows.push_back({{"platform", row.platform}, {"machines", cells}});
    }
    list.push_back({{"title", w.title}, {"columns", columns}, {"rows", rows}, {"sentences", anonymous ? Json::array() : Json(w.sentences)}});
  }
  return list;
}

}  // namespace trainmark::report
