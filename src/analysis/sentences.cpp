// Sentences: no claim beyond what the intervals carry. A difference is called one when Holm's corrected p-value and the noise floor allow it
// (ratios.hpp); with fewer than five processes of each side the sentence says how far it reaches.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "analysis/comparison.hpp"
#include "platforms/twin.hpp"

namespace trainmark::analysis {
namespace {

std::string factor_text(double factor) {
  if (factor >= 100) return fmt::format("{:.0f}", factor);
  if (factor >= 10) return fmt::format("{:.1f}", factor);
  return fmt::format("{:.2f}", factor);
}

// Its times may be compared with others'.
bool is_believed(const PlatformResult& r) { return r.verdict == "verified" && r.invalid.empty(); }

// What the result is of: "training", or the prediction of a split.
const char* work_of(const WorkloadResult& result) { return result.workload.neighbours ? "prediction" : "training"; }

// "a step", or the batch of queries that it is.
std::string step_text(const workload::Workload& w) { return w.neighbours ? fmt::format("a batch of {} queries", workload::batch_of_step(w, 0)) : "a step"; }

std::string reach(const PlatformResult& a, const PlatformResult& b) {
  const int64_t least = std::min(a.processes, b.processes);
  if (least >= kClaimProcesses) return "";
  if (least <= 1) return ", within one process each";
  return fmt::format(", within {} processes each ({} would carry a claim)", least, kClaimProcesses);
}

// How `slow` compares with the baseline `fast`, or the other way round.
std::string compared(const PlatformResult& platform, const PlatformResult& baseline, const WorkloadResult& result) {
  const Ratio& ratio = *platform.ratio;
  if (platforms::is_twin(platform.platform, baseline.platform)) {
    return fmt::format("{} is {} again: their time ratio is {:.3f} (95 % interval {:.3f} to {:.3f}), which should be 1", platform.platform, baseline.platform,
                       ratio.value, ratio.interval->low, ratio.interval->high);
  }
  const bool slower = ratio.value > 1;
  const double factor = slower ? ratio.value : 1 / ratio.value;
  if (!ratio.different) {
    const bool is_noise = factor <= 1 + result.noise.difference && (ratio.interval->low > 1 || ratio.interval->high < 1);
    return fmt::format("{} and {} cannot be told apart: time ratio {:.3f}, 95 % interval {:.3f} to {:.3f}{}", platform.platform, baseline.platform, ratio.value,
                       ratio.interval->low, ratio.interval->high,
                       is_noise ? fmt::format(", and below {:.1f} % a difference is noise", 100 * result.noise.difference) : "");
  }
  const double low = slower ? ratio.interval->low : 1 / ratio.interval->high;
  const double high = slower ? ratio.interval->high : 1 / ratio.interval->low;
  return fmt::format("{} takes {} times as long {} as {} (95 % interval {} to {})", slower ? platform.platform : baseline.platform, factor_text(factor),
                     result.workload.neighbours ? "to predict" : "a step", slower ? baseline.platform : platform.platform, factor_text(low), factor_text(high));
}

// What holds for several platforms alike is said once: ten frameworks in a short run would fill a page.
void add_too_few_blocks(const WorkloadResult& result, const PlatformResult& baseline, std::vector<std::string>& out) {
  std::vector<std::string> reaches;
  std::map<std::string, std::vector<std::string>> names;
  for (const PlatformResult& r : result.platforms) {
    if (!r.ratio || r.ratio->interval || !is_believed(r)) continue;
    const std::string text = reach(r, baseline);
    if (names[text].empty()) reaches.push_back(text);
    names[text].push_back(r.platform);
  }
  for (const std::string& text : reaches) {
    const auto& alike = names[text];
    out.push_back(fmt::format("{} {} compared with {} in too few blocks for an interval{}.", list_of(alike), alike.size() == 1 ? "was" : "were",
                              baseline.platform, text));
  }
}

void add_all_disturbed(const WorkloadResult& result, std::vector<std::string>& out) {
  std::vector<std::string> names;
  for (const PlatformResult& r : result.platforms) {
    if (r.disturbed_blocks > 0 && r.disturbed_blocks == r.blocks) names.push_back(r.platform);
  }
  if (names.empty()) return;
  const bool all = names.size() == result.platforms.size() && names.size() > 1;
  out.push_back(fmt::format("Every block of {} was disturbed by something else on this machine: trust {} times less, and repeat the run.",
                            all ? "every platform" : list_of(names), names.size() == 1 ? "its" : "their"));
}

// Fitting is not in the times that are ranked.
void add_fit_times(const WorkloadResult& result, std::vector<std::string>& out) {
  std::vector<std::string> times;
  for (const PlatformResult& r : result.platforms) {
    if (r.fit_ns && r.processes > 0) times.push_back(fmt::format("{} {}", r.platform, duration_text(*r.fit_ns)));
  }
  if (!times.empty())
    out.push_back(fmt::format("Taking the {} training samples in comes once, before: {}.", result.workload.dataset.train_count, list_of(times)));
}

std::string disturbed(const PlatformResult& r) {
  return fmt::format("{} of {} blocks of {} were disturbed and are left out; with them the median is {}.", r.disturbed_blocks, r.blocks, r.platform,
                     duration_text(r.step_ns_with_disturbed.value_or(std::nan(""))));
}

std::string not_ranked(const PlatformResult& r, const workload::Workload& workload) {
  if (r.partial) {
    return fmt::format("{} is verified but not ranked: it {}, {} steps, so its {} and its accuracy are not comparable; its step time is.", r.platform,
                       r.unranked, r.steps, workload.neighbours ? "whole time" : "time to train");
  }
  const auto obstacle = obstacle_of(r);
  const std::string detail = obstacle ? without_stop(obstacle->why) : "";
  return fmt::format("{} is not ranked ({}{}).", r.platform, r.unranked, detail.empty() ? "" : ": " + detail);
}

std::string unfinished(const PlatformResult& r) {
  const std::string detail = without_stop(r.outcome_reason);
  return fmt::format("{}: {}{}.", r.platform, outcomes_text(r), detail.empty() ? "" : fmt::format(" ({})", detail));
}

// What is apart from the steady state, for whoever waits for an accuracy.
std::string costs_on_top(const PlatformResult& r) {
  if (!r.compile_ns || !r.first_step_ns) return "";
  return fmt::format("; compiling ({}) and the first step ({}) come on top", duration_text(*r.compile_ns), duration_text(*r.first_step_ns));
}

// Said, because a comparison of GFLOP/s counted by shape would mislead.
std::string left_out(const PlatformResult& r, int64_t counted) {
  return fmt::format(
      "{} leaves out multiplications by zero: it executes {:.0f} % of the FLOPs that the shapes count, and is held against the ceilings for these.", r.platform,
      100 * static_cast<double>(*r.executed_flops) / static_cast<double>(counted));
}

std::string to_target(const PlatformResult& r, double target) {
  const TimeToTarget& to = *r.to_target;
  const std::string share = r.share < 1 ? fmt::format("; it ran {} of the training", percent_text(r.share)) : "";
  if (to.reached == 0) return fmt::format("{} did not reach {}{}.", r.platform, percent_text(target), share);
  if (!to.training_s) return fmt::format("{} reached {} in only {} of {} trainings{}.", r.platform, percent_text(target), to.reached, to.trials, share);
  const std::string some = to.reached < to.trials ? fmt::format(" (in {} of {} trainings)", to.reached, to.trials) : "";
  return fmt::format("{} reaches {} after {:.3g} epoch{}{}: {} of training at its steady step time{}.", r.platform, percent_text(target), *to.epochs,
                     *to.epochs == 1 ? "" : "s", some, duration_text(*to.training_s * 1e9), costs_on_top(r));
}

}  // namespace

std::string duration_text(double ns) {
  if (!std::isfinite(ns)) return "-";
  const double units[] = {1e9, 1e6, 1e3, 1};
  static constexpr const char* kNames[] = {"s", "ms", "us", "ns"};
  int unit = 0;
  while (unit < 3 && ns < units[unit] * 0.9995) ++unit;
  const double value = ns / units[unit];
  const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return fmt::format("{:.{}f} {}", value, decimals, kNames[unit]);
}

std::string percent_text(double fraction) { return fmt::format("{:.4g} %", 100 * fraction); }

std::string batch_text(int64_t batch_size) { return batch_size == 0 ? "full batch" : fmt::format("batch {}", batch_size); }

std::string spaced(std::string word) {
  std::replace(word.begin(), word.end(), '_', ' ');
  return word;
}

std::string list_of(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < names.size(); ++i) text += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
  return text;
}

std::string without_stop(std::string text) {
  while (!text.empty() && (text.back() == '.' || text.back() == ' ')) text.pop_back();
  return text;
}

std::string outcomes_text(const PlatformResult& r) {
  std::string text = fmt::format("{} of {} trial{} finished", r.processes, r.trials, r.trials == 1 ? "" : "s");
  const char* separator = "; ";
  for (const auto& [word, count] : r.outcomes) {
    if (word == "finished") continue;
    text += fmt::format("{}{} {}", separator, count, spaced(word));
    separator = ", ";
  }
  return text;
}

std::vector<std::string> sentences(const WorkloadResult& result) {
  std::vector<std::string> out;
  if (result.platforms.empty()) return out;
  const PlatformResult& first = result.platforms.front();
  const auto ranked = std::count_if(result.platforms.begin(), result.platforms.end(), [](const PlatformResult& r) { return r.rank > 0; });
  if (ranked == 0) {
    out.push_back("No platform is verified and measured here, so none is ranked.");
  } else {
    const bool partial = std::any_of(result.platforms.begin(), result.platforms.end(), [](const PlatformResult& r) { return r.partial; });
    const std::string step = duration_text(first.step_ns.median);
    if (ranked > 1 && !result.first_is_fastest) {
      out.push_back(fmt::format("{} has the shortest median {} of the verified platforms, {}, but the intervals do not make it the fastest.", first.platform,
                                result.workload.neighbours ? "time of a batch" : "step", step));
    } else {
      const char* place = ranked > 1 ? "fastest verified" : partial ? "only ranked" : "only verified";
      out.push_back(fmt::format("{} is the {} platform: {} {}.", first.platform, place, step, step_text(result.workload)));
    }
  }
  const auto base = std::find_if(result.platforms.begin(), result.platforms.end(), [&](const PlatformResult& b) { return b.platform == result.baseline; });
  for (const PlatformResult& r : result.platforms) {
    if (r.rank == 0) out.push_back(not_ranked(r, result.workload));
    if (r.ratio && r.ratio->interval && is_believed(r) && is_believed(*base)) out.push_back(compared(r, *base, result) + reach(r, *base) + ".");
  }
  if (base != result.platforms.end() && is_believed(*base)) add_too_few_blocks(result, *base, out);
  add_noise_floor_sentence(result, out);
  add_accuracy_sentences(result, out);
  for (const PlatformResult& r : result.platforms) {
    if (r.to_target && is_believed(r)) out.push_back(to_target(r, *result.target_accuracy));
  }
  for (const PlatformResult& r : result.platforms) {
    if (r.share < 1 && r.rank > 0)
      out.push_back(
          fmt::format("{} ran {} of the {}, {} steps; its accuracy is that of this part.", r.platform, percent_text(r.share), work_of(result), r.steps));
    if (r.processes < r.trials && r.trials > 1) out.push_back(unfinished(r));
    if (r.disturbed_blocks > 0 && r.disturbed_blocks < r.blocks) out.push_back(disturbed(r));
  }
  for (const PlatformResult& r : result.platforms) {
    const Finding finding = gravest(r.plausibility);
    if (is_believed(r) && r.executed_flops && *r.executed_flops < result.flops_per_step) out.push_back(left_out(r, result.flops_per_step));
    if (finding.plausibility == Plausibility::kLessArithmetic) out.push_back(fmt::format("{}: {}.", r.platform, finding.reason));
  }
  add_change_sentences(result, out);
  add_thread_sentences(result, out);
  add_fit_times(result, out);
  add_all_disturbed(result, out);
  return out;
}

}  // namespace trainmark::analysis
