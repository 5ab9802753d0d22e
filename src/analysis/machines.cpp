// Runs on several machines share no round, so their times are compared as independent samples of processes (Welch).
#include "analysis/machines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "analysis/independent.hpp"
#include "analysis/machine.hpp"
#include "analysis/ratios.hpp"
#include "analysis/sweep_growth.hpp"
#include "analysis/times.hpp"
#include "statistics/estimate.hpp"
#include "statistics/holm.hpp"

namespace trainmark::analysis {
namespace {

/// A column with what is below it.
struct Source {
  const AnalysedRun* run = nullptr;
  const WorkloadResult* result = nullptr;
};

std::vector<Source> sources_of(const std::vector<AnalysedRun>& runs, const std::string& hash) {
  std::vector<Source> sources;
  for (const AnalysedRun& run : runs) {
    for (const WorkloadResult& result : run.comparison->workloads) {
      if (result.hash == hash) sources.push_back({&run, &result});
    }
  }
  return sources;
}

std::optional<MachineCell> cell_of(const WorkloadResult& result, const std::string& platform) {
  const auto found = std::find_if(result.platforms.begin(), result.platforms.end(), [&](const PlatformResult& p) { return p.platform == platform; });
  if (found == result.platforms.end()) return std::nullopt;
  const auto obstacle = obstacle_of(*found);
  return MachineCell{found->step_ns.n > 0 ? std::optional(found->step_ns.median) : std::nullopt, found->step_interval, obstacle ? obstacle->what : ""};
}

const PlatformResult* fastest(const Source& source) {
  const auto& platforms = source.result->platforms;
  return !platforms.empty() && platforms.front().rank == 1 ? &platforms.front() : nullptr;
}

std::string place(const Source& source) {
  const int threads = source.result->threads;
  return fmt::format("{} with {} thread{}", machine_name(source.run->data->run.environment), threads, threads == 1 ? "" : "s");
}

/// How many times as long one machine's fastest platform takes as the best's.
struct Lag {
  double ratio = 0;                              ///< of the medians
  std::optional<statistics::Interval> interval;  ///< 95 %, of the geometric means; none: too few processes for a claim
  double p = 1;
};

Lag lag_of(const Source& best, const Source& other) {
  const auto logs = [](const Source& s) { return statistics::process_logs(headline_times(trials_of(*s.run->data, *s.result, fastest(s)->platform))); };
  const auto first = logs(best), second = logs(other);
  Lag lag{fastest(other)->step_ns.median / fastest(best)->step_ns.median, {}, 1};
  const IndependentRatio ratio = first.empty() || second.empty() ? IndependentRatio{} : independent_ratio(first, second);
  if (!ratio.p) return lag;
  lag.interval = ratio.interval;
  lag.p = *ratio.p;
  return lag;
}

/// `floor`: the smallest difference that is called one.
std::string lag_text(const Lag& lag, double p_corrected, double floor) {
  if (!lag.interval) return fmt::format("takes {:.3g} times as long; a claim needs {} processes of each", lag.ratio, kClaimProcesses);
  const std::string interval = fmt::format("95 % interval {:.3g} to {:.3g}", lag.interval->low, lag.interval->high);
  if (p_corrected > kClaimLevel || lag.ratio <= 1 + floor) return fmt::format("cannot be told apart from it: {:.3g} times as long ({})", lag.ratio, interval);
  return fmt::format("takes {:.3g} times as long ({})", lag.ratio, interval);
}

/// The fastest of all, then the others against it, corrected by Holm over them.
std::vector<std::string> sentences_of(const std::vector<Source>& sources) {
  const Source* best = nullptr;
  for (const Source& s : sources) {
    if (fastest(s) != nullptr && (best == nullptr || fastest(s)->step_ns.median < fastest(*best)->step_ns.median)) best = &s;
  }
  if (best == nullptr) return {};
  std::vector<Lag> lags;
  std::vector<double> p;
  for (const Source& s : sources) {
    if (&s == best || fastest(s) == nullptr) continue;
    lags.push_back(lag_of(*best, s));
    if (lags.back().interval) p.push_back(lags.back().p);
  }
  const auto corrected = statistics::holm(p);
  std::vector<std::string> out = {
      fmt::format("The shortest median step is that of {} on {}: {}.", fastest(*best)->platform, place(*best), duration_text(fastest(*best)->step_ns.median))};
  auto lag = lags.begin();
  auto next = corrected.begin();
  for (const Source& s : sources) {
    if (&s == best) continue;
    if (fastest(s) == nullptr) {
      out.push_back(fmt::format("On {} no platform is ranked.", place(s)));
      continue;
    }
    const double floor = std::max(best->result->noise.difference, s.result->noise.difference);
    out.push_back(fmt::format("On {} the fastest, {}, {}.", place(s), fastest(s)->platform, lag_text(*lag, lag->interval ? *next : 1, floor)));
    if (lag->interval) ++next;
    ++lag;
  }
  return out;
}

}  // namespace

std::vector<MachineWorkload> compare_machines(const AnalysedRun& shown, const std::vector<AnalysedRun>& others) {
  std::vector<AnalysedRun> runs = {shown};
  runs.insert(runs.end(), others.begin(), others.end());
  std::vector<MachineWorkload> workloads;
  std::set<std::string> done;
  for (const WorkloadResult& result : shown.comparison->workloads) {
    if (!done.insert(result.hash).second) continue;  // with another number of threads
    const auto sources = sources_of(runs, result.hash);
    if (std::all_of(sources.begin(), sources.end(), [&](const Source& s) { return s.run == &runs.front(); })) continue;
    MachineWorkload w;
    w.title = sweep_title(result, "threads");
    std::set<std::string> platforms;
    for (const Source& s : sources) {
      w.columns.push_back({machine_name(s.run->data->run.environment), s.run->data->run.id, s.result->threads, s.result->roof, {}});
      for (const PlatformResult& p : s.result->platforms) {
        platforms.insert(p.platform);
        if (p.roofline && !obstacle_of(p)) w.columns.back().steps[p.platform] = p.roofline->step;
      }
    }
    for (const std::string& platform : platforms) {
      w.rows.push_back({platform, {}});
      for (const Source& s : sources) w.rows.back().cells.push_back(cell_of(*s.result, platform));
    }
    w.sentences = sentences_of(sources);
    workloads.push_back(std::move(w));
  }
  return workloads;
}

}  // namespace trainmark::analysis
