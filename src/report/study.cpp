#include "report/study.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "analysis/comparison.hpp"
#include "core/json_null.hpp"

namespace trainmark::report {
namespace {

using analysis::StudyRow;
using analysis::StudyTableResult;
using core::Json;
using Row = std::vector<std::string>;

bool any_printed(const StudyTableResult& table, size_t column) {
  return std::any_of(table.rows.begin(), table.rows.end(), [&](const StudyRow& row) { return !row.cells[column].published.empty(); });
}

std::string heading(const std::pair<std::string, std::string>& column) {
  return column.second.empty() ? column.first : fmt::format("{}, {}", column.first, column.second);
}

/// A platform whose figures prove nothing is not to be read as one among the others.
std::string named(const StudyRow& row) { return row.unranked.empty() ? row.platform : fmt::format("{} ({})", row.platform, row.unranked); }

std::string capital(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

std::string sentence(const std::string& text, const std::string& reason) { return fmt::format("{}: {}.", text, analysis::without_stop(reason)); }

}  // namespace

std::vector<Row> study_table_rows(const StudyTableResult& table, PrintedFigures printed) {
  const auto has_column = [&](size_t i) { return printed == PrintedFigures::kInColumns && any_printed(table, i); };
  const bool platforms = std::any_of(table.rows.begin(), table.rows.end(), [](const StudyRow& row) { return !row.platform.empty(); });
  const bool workloads =
      !platforms || std::any_of(table.rows.begin(), table.rows.end(), [&](const StudyRow& row) { return row.workload != table.rows[0].workload; });
  std::vector<Row> rows(1);
  if (platforms) rows[0].push_back("platform");
  if (workloads) rows[0].push_back("workload");
  for (size_t i = 0; i < table.columns.size(); ++i) {
    rows[0].push_back(heading(table.columns[i]));
    if (has_column(i)) rows[0].push_back("printed");
  }
  for (const StudyRow& row : table.rows) {
    Row& out = rows.emplace_back();
    const std::string mark = row.measured ? "" : "*";
    if (platforms) out.push_back(named(row) + (row.platform.empty() ? "" : mark));
    if (workloads) out.push_back(row.workload + (platforms ? "" : mark));
    for (size_t i = 0; i < row.cells.size(); ++i) {
      const analysis::StudyCell& cell = row.cells[i];
      const bool bracket = printed == PrintedFigures::kInBrackets && !cell.published.empty();
      out.push_back(!bracket ? cell.text : cell.text == "-" ? fmt::format("[{}]", cell.published) : fmt::format("{} [{}]", cell.text, cell.published));
      if (has_column(i)) out.push_back(cell.published.empty() ? "-" : cell.published);
    }
  }
  return rows;
}

std::string study_caption(const std::string& number, const std::string& title) { return fmt::format("{}: {}", capital(number), title); }

std::string scale_sentence(const analysis::StudyReport& study) {
  return study.is_small ? "Small scale: fewer epochs and repetitions than the study had; times of whole trainings do not compare with printed ones." : "";
}

std::vector<std::pair<std::string, Row>> study_sentences(const analysis::StudyReport& study) {
  Row claims, figures, missing;
  for (const auto& claim : study.claims)
    claims.push_back(sentence(fmt::format("{} - {}", analysis::without_stop(claim.text), analysis::answer_word(claim.answer)), claim.reason));
  for (const auto& figure : study.figures) {
    if (!figure.missing.empty()) figures.push_back(sentence(study_caption(figure.figure.number, figure.figure.title), figure.missing));
  }
  for (const auto& part : study.missing) missing.push_back(sentence(part.what, part.reason));
  std::vector<std::pair<std::string, Row>> all = {{"Claims of the study", claims},
                                                  {"Figures that cannot be drawn here", figures},
                                                  {"What this version cannot repeat", missing},
                                                  {"Done otherwise here", study.differences},
                                                  {"Flaws of the published study", study.flaws}};
  std::erase_if(all, [](const auto& part) { return part.second.empty(); });
  return all;
}

Json study_json(const analysis::StudyReport& study) {
  Json tables = Json::array(), figures = Json::array(), claims = Json::array(), missing = Json::array();
  for (const auto& table : study.tables) {
    Json columns = Json::array(), rows = Json::array();
    for (const auto& [title, unit] : table.columns) columns.push_back({{"title", title}, {"unit", unit}});
    for (const StudyRow& row : table.rows) {
      Json cells = Json::array();
      for (const auto& c : row.cells) cells.push_back({{"text", c.text}, {"value", core::or_null(c.value)}, {"published", core::text_or_null(c.published)}});
      const std::string label = row.workload.empty() || row.platform.empty() ? row.workload + row.platform : row.platform + ", " + row.workload;
      rows.push_back({{"label", label},
                      {"workload", core::text_or_null(row.workload)},
                      {"platform", core::text_or_null(row.platform)},
                      {"measured", row.measured},
                      {"unranked_reason", core::text_or_null(row.unranked)},
                      {"cells", cells}});
    }
    tables.push_back({{"number", table.number}, {"title", table.title}, {"note", core::text_or_null(table.note)}, {"columns", columns}, {"rows", rows}});
  }
  for (const auto& f : study.figures) {
    figures.push_back({{"number", f.figure.number},
                       {"title", f.figure.title},
                       {"note", core::text_or_null(f.figure.note)},
                       {"chart", f.figure.chart},
                       {"workloads", f.workloads},
                       {"labels", f.labels},
                       {"missing", core::text_or_null(f.missing)}});
  }
  for (const auto& c : study.claims) claims.push_back({{"text", c.text}, {"answer", analysis::answer_word(c.answer)}, {"reason", c.reason}});
  for (const auto& m : study.missing) missing.push_back({{"what", m.what}, {"reason", m.reason}});
  return {{"name", study.name},         {"description", study.description},
          {"question", study.question}, {"scale", study.is_small ? "small" : "full"},
          {"tables", tables},           {"figures", figures},
          {"claims", claims},           {"missing", missing},
          {"flaws", study.flaws},       {"differences", study.differences}};
}

}  // namespace trainmark::report
