// Charts of the course of training: one line for each repetition, a thick one for their median.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>

#include "analysis/epochs.hpp"
#include "analysis/times.hpp"
#include "report/chart_parts.hpp"
#include "report/export.hpp"
#include "statistics/summary.hpp"

namespace trainmark::report {
namespace {

using analysis::EpochRow;
using core::Json;

struct Course {
  const analysis::PlatformResult* platform;
  int64_t repetition;
  std::vector<EpochRow> rows;
};

std::vector<Course> courses_of(const store::RunData& data, const analysis::WorkloadResult& result) {
  std::vector<Course> courses;
  for (const auto* p : charted(result)) {
    for (const store::TrialData* t : analysis::trials_of(data, result, p->platform)) {
      if (analysis::finished(*t)) courses.push_back({p, t->trial.repetition + 1, analysis::epoch_rows(*t, result.workload)});
    }
  }
  return courses;
}

/// What one of the charts over epochs shows.
struct Quantity {
  const char *name, *title, *axis;
  std::function<std::optional<double>(const EpochRow&)> value;
  const char *format, *note;
  int digits;
};

// Epochs down, platforms across; more than 40 epochs are thinned out, the last one stays.
Table epoch_table(const std::vector<Course>& courses, const std::vector<std::string>& platforms, const Quantity& quantity) {
  std::vector<std::vector<std::string>> rows = {{"epoch"}};
  rows.front().insert(rows.front().end(), platforms.begin(), platforms.end());
  int64_t last = 0;
  for (const Course& course : courses) last = std::max(last, course.rows.empty() ? int64_t{0} : course.rows.back().epoch);
  const int64_t stride = std::max<int64_t>(1, (last + 39) / 40);
  for (int64_t epoch = 1; epoch <= last; ++epoch) {
    if (epoch % stride != 0 && epoch != last && epoch != 1) continue;
    rows.push_back({std::to_string(epoch)});
    for (const std::string& platform : platforms) {
      std::vector<double> values;
      for (const Course& course : courses) {
        if (course.platform->platform != platform) continue;
        for (const EpochRow& row : course.rows) {
          if (const auto value = quantity.value(row); row.epoch == epoch && value) values.push_back(*value);
        }
      }
      rows.back().push_back(values.empty() ? "-" : fmt::format("{:.{}g}", statistics::median(values), quantity.digits));
    }
  }
  return table_of(fmt::format("{}: {}, median over repetitions", quantity.title, quantity.axis), std::move(rows));
}

// At most eight, and whole ones.
Json epoch_ticks(const Json& points) {
  int64_t last = 1;
  for (const Json& point : points) last = std::max(last, point["epoch"].get<int64_t>());
  int64_t stride = 1;
  for (const int64_t step : {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000}) {
    stride = step;
    if (last / step <= 8) break;
  }
  Json ticks = Json::array();
  for (int64_t epoch = stride; epoch <= last; epoch += stride) ticks.push_back(epoch);
  return ticks;
}

// Equal work gives lines that lie on each other: the later ones, which are above, have gaps through which the earlier ones are seen.
Json gaps(size_t platforms) {
  static const std::vector<Json> patterns = {{1, 0}, {12, 6}, {8, 10}, {4, 14}, {2, 8}, {16, 4}};
  Json out = Json::array();
  for (size_t i = 0; i < platforms; ++i) out.push_back(patterns[std::min(i, patterns.size() - 1)]);
  return out;
}

std::vector<Chart> epoch_chart(const std::vector<Course>& courses, const Quantity& quantity) {
  Json points = Json::array();
  std::vector<std::string> platforms, last_values;
  double least = std::numeric_limits<double>::infinity(), most = 0;
  for (const Course& course : courses) {
    for (const EpochRow& row : course.rows) {
      const auto value = quantity.value(row);
      if (!value) continue;
      least = std::min(least, *value);
      most = std::max(most, *value);
      points.push_back({{"platform", course.platform->platform}, {"repetition", course.repetition}, {"epoch", row.epoch}, {"value", *value}});
      if (platforms.empty() || platforms.back() != course.platform->platform) platforms.push_back(course.platform->platform);
    }
  }
  if (points.empty()) return {};
  const std::string scale = scale_for(least, most);
  Table table = epoch_table(courses, platforms, quantity);
  for (size_t i = 0; i < platforms.size(); ++i) last_values.push_back(fmt::format("{} {}", platforms[i], table.rows.back()[i + 1]));
  Chart chart = make_chart(
      quantity.name, quantity.title,
      {{"file", "epochs"},
       {"description", fmt::format("{} after each epoch, {}. In the last epoch: {}.", quantity.title, quantity.axis, some_of(last_values))},
       {"title", quantity.axis + scale_note(scale)},
       {"platforms", platforms},
       {"x_title", "epoch"},
       {"epochs", epoch_ticks(points)},
       {"gaps", gaps(platforms.size())},
       {"scale", scale},
       {"tooltip", tooltip({{"platform", "platform"}, {"repetition", "repetition"}, {"epoch", "epoch"}, {"value", quantity.axis, quantity.format}})}});
  chart.note = quantity.note;
  return {with_data(std::move(chart), {{"points", points}}, std::move(table), platforms)};
}

std::vector<Chart> accuracy_over_time(const std::vector<Course>& courses) {
  Json points = Json::array();
  std::vector<std::string> platforms;
  std::vector<std::vector<std::string>> rows = {{"platform, repetition", "training time", "final test accuracy"}};
  double least = std::numeric_limits<double>::infinity(), most = 0;
  for (const Course& course : courses) {
    double seconds = 0;
    std::vector<std::string> row;
    for (const EpochRow& epoch : course.rows) {
      if (!epoch.epoch_s) break;  // what comes after has no time
      seconds += *epoch.epoch_s;
      if (!epoch.test_accuracy) continue;
      least = std::min(least, seconds);
      most = std::max(most, seconds);
      row = {fmt::format("{}, {}", course.platform->platform, course.repetition), analysis::duration_text(seconds * 1e9),
             fmt::format("{:.2f} %", 100 * *epoch.test_accuracy)};
      points.push_back({{"platform", course.platform->platform},
                        {"repetition", course.repetition},
                        {"epoch", epoch.epoch},
                        {"time", seconds},
                        {"accuracy", 100 * *epoch.test_accuracy}});
    }
    if (row.empty()) continue;
    rows.push_back(std::move(row));
    if (platforms.empty() || platforms.back() != course.platform->platform) platforms.push_back(course.platform->platform);
  }
  if (points.empty()) return {};
  const TimeUnit unit = unit_for(most * 1e9);
  for (Json& point : points) point["time"] = point["time"].get<double>() * 1e9 / unit.ns;
  const std::string scale = scale_for(least, most);
  Chart chart = make_chart("accuracy-over-time", "Test accuracy against training time",
                           {{"description", fmt::format("Test accuracy over the time that training took, of {}.", some_of(platforms))},
                            {"platforms", platforms},
                            {"unit", unit.name},
                            {"scale", scale},
                            {"scale_note", scale_note(scale)},
                            {"tooltip", tooltip({{"platform", "platform"},
                                                 {"repetition", "repetition"},
                                                 {"epoch", "epoch"},
                                                 {"time", fmt::format("time ({})", unit.name), ".4"},
                                                 {"accuracy", "accuracy (%)", ".2f"}})}});
  chart.note =
      "One line for each repetition, one point after each epoch; starting and compiling are not in the time. Further left is faster, higher is better.";
  return {with_data(std::move(chart), {{"points", points}}, table_of("Time and accuracy at the end of training", std::move(rows)), platforms)};
}

// How long each training took: its own median step times its steps, as in study speed-and-power. Nothing with a single repetition.
std::vector<Chart> training_time(const store::RunData& data, const analysis::WorkloadResult& result) {
  Json points = Json::array();
  std::vector<std::string> platforms, means;
  std::vector<std::vector<std::string>> rows = {
      {"platform", "repetitions", "least", "first quartile", "median", "third quartile", "mean", "standard deviation"}};
  double least = std::numeric_limits<double>::infinity(), most = 0;
  for (const auto* p : charted(result)) {
    std::vector<double> all;
    for (const TrialTime& t : trial_times(data, result, p->platform)) {
      const double ns = t.step_ns * static_cast<double>(t.trial->trial.planned_steps);
      all.push_back(ns);
      least = std::min(least, ns);
      most = std::max(most, ns);
      points.push_back({{"platform", p->platform}, {"repetition", 1}, {"epoch", t.trial->trial.repetition + 1}, {"value", ns}});
    }
    if (all.empty()) continue;
    const statistics::Summary s = statistics::summarise(all);
    rows.push_back({p->platform, std::to_string(s.n)});
    for (const double ns : {s.minimum, s.q1, s.median, s.q3, s.mean}) rows.back().push_back(analysis::duration_text(ns));
    rows.back().push_back(s.n > 1 ? analysis::duration_text(s.standard_deviation) : "-");
    means.push_back(fmt::format("{} {}", p->platform, analysis::duration_text(s.mean)));
    platforms.push_back(p->platform);
  }
  if (points.size() <= platforms.size()) return {};
  const TimeUnit unit = unit_for(most);
  for (Json& point : points) point["value"] = point["value"].get<double>() / unit.ns;
  const std::string scale = scale_for(least, most), axis = fmt::format("time ({})", unit.name);
  Chart chart = make_chart("training-time", "Training time of each repetition",
                           {{"description", fmt::format("Training time of every repetition, as bars and lines. Means: {}.", some_of(means))},
                            {"title", axis + scale_note(scale)},
                            {"x_title", "repetition"},
                            {"platforms", platforms},
                            {"scale", scale},
                            {"domain", scale == "log" ? Json{least / unit.ns / 1.5, most / unit.ns * 1.2} : Json{0, most / unit.ns * 1.05}},
                            {"thickness", std::clamp(400.0 / static_cast<double>(points.size()), 1.5, 12.0)},
                            {"tooltip", tooltip({{"platform", "platform"}, {"epoch", "repetition"}, {"value", axis, ".4"}})}});
  chart.note = "The median step of each training times its steps; starting, compiling and evaluation are not in it.";
  if (scale == "log") chart.note += " The axis is logarithmic: compare the ends of bars, not their lengths.";
  return {with_data(std::move(chart), {{"points", points}}, table_of("Training time over repetitions", std::move(rows)), platforms)};
}

}  // namespace

std::vector<Chart> epoch_charts(const store::RunData& data, const analysis::WorkloadResult& result) {
  const auto courses = courses_of(data, result);
  const auto percent = [](const std::optional<double>& share) { return share ? std::optional(100 * *share) : std::nullopt; };
  const char* lines = "A thin line for each repetition, a thick one for their median.";
  const char* alike = "Platforms that do the same work lie on one line: thin lines are repetitions, the thick one is their median.";
  std::vector<Quantity> quantities = {
      {"epoch-time", "Time of an epoch", "time (s)", [](const EpochRow& r) { return r.epoch_s; }, ".4", lines, 4},
      {"train-loss", "Training loss", "mean loss of the epoch's steps", [](const EpochRow& r) { return r.train_loss; }, ".5", alike, 5},
      {"epoch-throughput", "Throughput of an epoch", "samples a second", [](const EpochRow& r) { return r.samples_per_s; }, ".4s", lines, 4},
      {"test-accuracy", "Test accuracy", "test accuracy (%)", [&](const EpochRow& r) { return percent(r.test_accuracy); }, ".2f", alike, 4}};
  std::vector<Chart> charts;
  for (const Quantity& quantity : quantities) {
    for (Chart& chart : epoch_chart(courses, quantity)) charts.push_back(std::move(chart));
  }
  for (Chart& chart : training_time(data, result)) charts.push_back(std::move(chart));
  for (Chart& chart : accuracy_over_time(courses)) charts.push_back(std::move(chart));
  return charts;
}

}  // namespace trainmark::report
