// Logarithms in, t over processes, exponentials out.
#include "statistics/estimate.hpp"

#include <algorithm>
#include <cmath>

#include "core/check.hpp"
#include "statistics/distributions.hpp"
#include "statistics/summary.hpp"

namespace trainmark::statistics {
namespace {

std::vector<double> known(std::span<const double> values) {
  std::vector<double> out;
  std::copy_if(values.begin(), values.end(), std::back_inserter(out), [](double value) { return !std::isnan(value); });
  return out;
}

/// log(a / b) of every round that both have.
std::vector<double> log_ratios(std::span<const double> a, std::span<const double> b) {
  std::vector<double> logs;
  for (size_t round = 0; round < std::min(a.size(), b.size()); ++round) {
    if (!std::isnan(a[round]) && !std::isnan(b[round])) logs.push_back(std::log(a[round] / b[round]));
  }
  return logs;
}

/// The same of the medians, where rounds have nothing in common: a platform that ran a part may have had its only rounds disturbed.
std::optional<double> log_ratio_of_medians(std::span<const double> a, std::span<const double> b) {
  const auto own = known(a), other = known(b);
  if (own.empty() || other.empty()) return std::nullopt;
  return std::log(median(own) / median(other));
}

Interval exponential(const Interval& logs) { return {std::exp(logs.low), std::exp(logs.high)}; }

}  // namespace

std::optional<Mean> mean_of(std::span<const double> values) {
  if (values.size() < 2) return std::nullopt;
  const Summary s = summarise(values);
  // Equal values differ from their mean by its rounding, which is no deviation.
  const bool equal = std::all_of(values.begin(), values.end(), [&](double v) { return std::abs(v - values[0]) <= 1e-12 * std::abs(values[0]); });
  return Mean{s.mean, equal ? 0 : s.standard_deviation / std::sqrt(static_cast<double>(s.n)), s.n};
}

Interval student_interval(const Mean& mean, double confidence) {
  CHECK(confidence > 0 && confidence < 1, "a confidence lies between 0 and 1");
  const double half = student_quantile(0.5 + 0.5 * confidence, static_cast<int>(mean.n) - 1) * mean.standard_error;
  return {mean.value - half, mean.value + half};
}

double student_p_above(const Mean& mean, double bound) {
  if (mean.standard_error == 0) return mean.value > bound ? 0 : 1;
  return student_cdf((bound - mean.value) / mean.standard_error, static_cast<int>(mean.n) - 1);
}

double student_p(const Mean& mean, double expected) {
  if (mean.standard_error == 0) return std::abs(mean.value - expected) <= 1e-12 ? 1 : 0;
  return 2 * student_cdf(-std::abs(mean.value - expected) / mean.standard_error, static_cast<int>(mean.n) - 1);
}

std::vector<double> process_logs(Processes times) {
  std::vector<double> logs;
  for (const auto& process : times) {
    if (const auto own = known(process); !own.empty()) logs.push_back(std::log(median(own)));
  }
  return logs;
}

std::optional<Interval> median_interval(Processes times, double confidence) {
  if (const auto mean = mean_of(process_logs(times))) {
    const Interval around = exponential(student_interval(*mean, confidence));
    const double median = median_of_processes(times);  // tables show it beside: rounding, or processes that differ, must not leave it outside
    return Interval{std::min(around.low, median), std::max(around.high, median)};
  }
  return bootstrap_median(times, {.confidence = confidence});
}

PairedRatio::PairedRatio(Processes numerator, Processes denominator) {
  std::vector<double> rounds;  // of the last process that has common ones
  for (size_t process = 0; process < std::min(numerator.size(), denominator.size()); ++process) {
    auto ratios = log_ratios(numerator[process], denominator[process]);
    const auto log = ratios.empty() ? log_ratio_of_medians(numerator[process], denominator[process]) : std::optional(median(ratios));
    if (!log) continue;
    logs_.push_back(*log);
    rounds = std::move(ratios);
  }
  processes_ = static_cast<int64_t>(logs_.size());
  if (processes_ == 1 && !rounds.empty()) logs_ = std::move(rounds);
  double sum = 0;
  for (const double log : logs_) sum += log;
  value_ = logs_.empty() ? median_of_processes(numerator) / median_of_processes(denominator) : std::exp(sum / static_cast<double>(logs_.size()));
}

std::optional<Interval> PairedRatio::interval(double confidence) const {
  const auto mean = mean_of(logs_);
  return mean ? std::optional(exponential(student_interval(*mean, confidence))) : std::nullopt;
}

std::optional<double> PairedRatio::p() const {
  const auto mean = mean_of(logs_);
  return mean ? std::optional(student_p(*mean)) : std::nullopt;
}

}  // namespace trainmark::statistics
