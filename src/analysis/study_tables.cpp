// Rows of a table: what was measured, each with what the study printed of the same workload and platform; then what it printed of others.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "analysis/published.hpp"
#include "analysis/study_columns.hpp"
#include "analysis/study_workloads.hpp"
#include "analysis/trainings.hpp"

namespace trainmark::analysis {
namespace {

using workload::StudyTable;

/// The printed numbers of a table, and which of them stand beside a measured row already.
struct Printed {
  std::vector<const Published*> rows;
  std::set<const Published*> used;
};

Printed printed_of(const StudyTable& table, const std::string& study) {
  Printed printed;
  for (const Published& row : published_of(study)) {
    if (std::find(table.published.begin(), table.published.end(), row.item) != table.published.end()) printed.rows.push_back(&row);
  }
  return printed;
}

bool names_quantity(const Column& column, const Published& row) {
  return std::find(column.published.begin(), column.published.end(), row.quantity) != column.published.end();
}

bool stands_for(const StudyWorkload& w, const std::string& platform, const Published& row) {
  if (row.workload != w.network) return false;
  if (!w.published.empty() && std::find(w.published.begin(), w.published.end(), platform) == w.published.end()) return false;
  return platform.empty() ? row.platform.empty() : is_same_platform(row.platform, platform);
}

StudyCell cell(const Column& column, const CellSource& source) {
  StudyCell made;
  made.value = column.value(source);
  made.text = made.value ? figure_text(*made.value) : "-";
  if (column.is_text && source.platform != nullptr) made.text = source.platform->verdict;
  return made;
}

StudyRow measured_row(const StudyTable& table, const StudyWorkload& w, const std::string& platform, const CellSource& source, Printed& printed) {
  StudyRow row{w.shown, platform, true, source.platform == nullptr ? "" : source.platform->unranked, {}};
  for (const std::string& word : table.columns) {
    const Column& column = study_column(word);
    row.cells.push_back(cell(column, source));
    for (const Published* p : printed.rows) {
      if (!names_quantity(column, *p) || !stands_for(w, platform, *p)) continue;
      row.cells.back().published = published_text(*p, platform);
      printed.used.insert(p);
      break;
    }
  }
  return row;
}

void add_platform_rows(const StudyTable& table, const StudyWorkload& w, Printed& printed, std::vector<StudyRow>& rows) {
  for (const PlatformResult& platform : w.result->platforms) {
    const Trials& trials = w.trials.at(platform.platform);
    std::vector<double> seconds;
    for (const auto& [repetition, time] : training_seconds(trials)) seconds.push_back(time);
    rows.push_back(measured_row(table, w, platform.platform, {w.result, &platform, &seconds, &trials}, printed));
  }
}

void add_machine_row(const StudyTable& table, const StudyWorkload& w, Printed& printed, std::vector<StudyRow>& rows) {
  const std::string name = fmt::format("this machine, {} thread{}", w.result->threads, w.result->threads == 1 ? "" : "s");
  const bool there = std::any_of(rows.begin(), rows.end(), [&](const StudyRow& row) { return row.platform == name; });
  if (there) return;
  rows.push_back(measured_row(table, w, name, {w.result, nullptr, nullptr, nullptr}, printed));
  rows.back().workload.clear();
}

/// What was printed of workloads, platforms and machines that this run does not have.
void add_printed_rows(const StudyTable& table, const Printed& printed, std::vector<StudyRow>& rows) {
  std::vector<std::pair<std::string, std::string>> keys;
  for (const Published* p : printed.rows) {
    const std::pair key{p->workload, p->platform};
    if (printed.used.count(p) == 0 && std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
  }
  for (const auto& [workload, platform] : keys) {
    StudyRow row{workload, platform, false, "", {}};
    bool any = false;
    for (const std::string& word : table.columns) {
      StudyCell cell{std::nullopt, "-", ""};
      for (const Published* p : printed.rows) {
        if (printed.used.count(p) != 0 || p->workload != workload || p->platform != platform || !names_quantity(study_column(word), *p)) continue;
        cell.published = published_text(*p, "");
        any = true;
        break;
      }
      row.cells.push_back(std::move(cell));
    }
    if (any) rows.push_back(std::move(row));
  }
}

StudyTableResult fill(const StudyTable& table, const std::string& study, const std::vector<StudyWorkload>& workloads) {
  StudyTableResult out{table.number, table.title, table.note, {}, {}};
  for (const std::string& word : table.columns) out.columns.emplace_back(study_column(word).title, study_column(word).unit);
  Printed printed = printed_of(table, study);
  for (const StudyWorkload* w : chosen(workloads, table.workloads)) {
    switch (table.rows) {
      case StudyTable::Rows::kPlatforms:
        add_platform_rows(table, *w, printed, out.rows);
        break;
      case StudyTable::Rows::kWorkloads:
        out.rows.push_back(measured_row(table, *w, "", {w->result, nullptr, nullptr, nullptr}, printed));
        break;
      case StudyTable::Rows::kMachine:
        add_machine_row(table, *w, printed, out.rows);
        break;
    }
  }
  add_printed_rows(table, printed, out.rows);
  return out;
}

}  // namespace

std::vector<StudyTableResult> fill_tables(const workload::StudyPage& page, const std::string& study, const std::vector<StudyWorkload>& workloads) {
  std::vector<StudyTableResult> tables;
  for (const StudyTable& table : page.tables) tables.push_back(fill(table, study, workloads));
  return tables;
}

}  // namespace trainmark::analysis
