// The work of a run on other machines: a store that holds runs of several (trainmark merge) says what each of them takes for it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analysis/roofline.hpp"
#include "statistics/bootstrap.hpp"
#include "store/run_data.hpp"

namespace trainmark::analysis {

struct Comparison;

/// A platform on a machine.
struct MachineCell {
  std::optional<double> step_ns;             ///< median; none: it has no time
  std::optional<statistics::Interval> step;  ///< 95 %
  std::string obstacle;                      ///< why the time is no measurement of the work: "failed"; "": it is one
};

struct MachineRow {
  std::string platform;
  std::vector<std::optional<MachineCell>> cells;  ///< of each column; none: the machine did not have it
};

struct MachineColumn {
  std::string machine, run;  ///< what the user calls it, else its host; id of the run
  int threads = 0;
  std::optional<Roof> roof;            ///< of that many threads; none: its ceilings were not measured
  std::map<std::string, Point> steps;  ///< by platform: the whole step against them
};

struct MachineWorkload {
  std::string title;
  std::vector<MachineColumn> columns;  ///< each machine, with each of its numbers of threads; the shown run first
  std::vector<MachineRow> rows;        ///< platforms, by name
  std::vector<std::string> sentences;
};

/// A run with what it comes to.
struct AnalysedRun {
  const store::RunData* data = nullptr;
  const Comparison* comparison = nullptr;
};

/// Workloads of `shown` that some of `others` have too. `others`: at most one run of each other machine.
std::vector<MachineWorkload> compare_machines(const AnalysedRun& shown, const std::vector<AnalysedRun>& others);

}  // namespace trainmark::analysis
