#include "workload/study_page_toml.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "core/suggest.hpp"

namespace trainmark::workload {
namespace {

using core::Error;
using Words = std::vector<std::string>;

constexpr std::array<const char*, 3> kRows = {"platforms", "workloads", "machine"};

bool is_one_of(const std::string& word, const Words& known) { return std::find(known.begin(), known.end(), word) != known.end(); }

void check_words(TomlTable& table, std::string_view key, const Words& words, const Words& known, std::string_view what) {
  for (const std::string& word : words) {
    if (is_one_of(word, known)) continue;
    table.fail(key, fmt::format("'{}': there is no {} '{}'{}; known are {}", key, what, word, core::did_you_mean(word, known), fmt::join(known, ", ")));
  }
}

void read_text(TomlTable& table, std::string_view key, std::string& place) {
  std::optional<std::string> text;
  table.read(key, text);
  place = text.value_or("");
}

void read_workloads(TomlTable& table, const Words& labels, Words& place) {
  table.read("workloads", place);
  check_words(table, "workloads", place, labels, "workload");
}

std::optional<Error> read_table(const toml::table& source, std::string_view file, const Words& labels, StudyTable& out) {
  TomlTable table(source, file, "a table");
  std::optional<std::string> rows;
  read_text(table, "number", out.number);
  read_text(table, "title", out.title);
  read_text(table, "note", out.note);
  table.read("rows", rows);
  read_workloads(table, labels, out.workloads);
  table.read("columns", out.columns);
  table.read("published", out.published);
  check_words(table, "columns", out.columns, column_words(), "column");
  if (rows) {
    const auto found = std::find(kRows.begin(), kRows.end(), *rows);
    if (found == kRows.end()) table.fail("rows", fmt::format("'rows' of a table must be one of {}, not '{}'", fmt::join(kRows, ", "), *rows));
    out.rows = static_cast<StudyTable::Rows>(found - kRows.begin());
  }
  for (const char* key : {"number", "title", "columns"}) table.require(key);
  if (out.published.empty()) out.published = {out.number};
  return table.finish();
}

std::optional<Error> read_figure(const toml::table& source, std::string_view file, const Words& labels, StudyFigure& out) {
  TomlTable table(source, file, "a figure");
  read_text(table, "number", out.number);
  read_text(table, "title", out.title);
  read_text(table, "note", out.note);
  read_text(table, "chart", out.chart);
  read_workloads(table, labels, out.workloads);
  if (!out.chart.empty()) check_words(table, "chart", {out.chart}, chart_words(), "chart");
  for (const char* key : {"number", "title", "chart"}) table.require(key);
  return table.finish();
}

bool needs_platform(StudyClaim::Kind kind) { return kind != StudyClaim::Kind::kSameAccuracy; }
bool needs_other(StudyClaim::Kind kind) { return needs_platform(kind) && kind != StudyClaim::Kind::kRateGrowsWithBatch; }

std::optional<Error> read_claim(const toml::table& source, std::string_view file, const Words& labels, StudyClaim& out) {
  TomlTable table(source, file, "a claim");
  std::string kind;
  std::optional<double> by;
  read_text(table, "text", out.text);
  read_text(table, "kind", kind);
  read_text(table, "platform", out.platform);
  read_text(table, "than", out.than);
  table.read("by", by);
  read_workloads(table, labels, out.workloads);
  for (const char* key : {"text", "kind"}) table.require(key);
  if (!kind.empty()) check_words(table, "kind", {kind}, claim_words(), "kind of claim");
  if (auto error = table.finish()) return error;
  const Words& kinds = claim_words();
  out.kind = static_cast<StudyClaim::Kind>(std::find(kinds.begin(), kinds.end(), kind) - kinds.begin());
  if (needs_platform(out.kind)) table.require("platform");
  if (needs_other(out.kind)) table.require("than");
  if (by && !(*by >= 1 && *by < 1e6)) table.fail("by", fmt::format("'by' of a claim must be from 1 to 1000000, not {}", *by));
  out.by = by.value_or(1);
  return table.finish();
}

std::optional<Error> read_missing(const toml::table& source, std::string_view file, const Words&, MissingPart& out) {
  TomlTable table(source, file, "a missing part");
  read_text(table, "what", out.what);
  read_text(table, "reason", out.reason);
  for (const char* key : {"what", "reason"}) table.require(key);
  return table.finish();
}

template <class Entry, class Read>
std::optional<Error> read_all(TomlTable& study, std::string_view key, std::string_view file, const Words& labels, std::vector<Entry>& place, const Read& read) {
  for (const toml::table* source : study.tables(key)) {
    Entry entry;
    if (auto error = read(*source, file, labels, entry)) return error;
    place.push_back(std::move(entry));
  }
  return std::nullopt;
}

}  // namespace

const Words& column_words() {
  static const Words words = {
      "training_time", "training_time_mean", "training_time_deviation", "training_time_q1", "training_time_q3", "training_time_with_start",
      // of a step
      "step_time", "forward_time", "backward_time", "update_time", "matrix_multiplication", "relu", "softmax", "gradients", "convolution", "pooling",
      "other_operations",
      // of an epoch
      "epoch_time", "throughput", "evaluation_time", "evaluation_throughput", "transfer_time", "first_step_time", "speed_up",
      // memory
      "parameters_memory", "input_memory", "activations_memory", "gradients_memory", "overhead_memory", "total_memory", "ram_mean", "ram_peak", "device_peak",
      // quality
      "accuracy", "best_accuracy", "accuracy_deviation", "final_loss", "verdict", "repetitions",
      // the machine's use
      "utilisation", "gpu_utilisation", "rate", "rate_forward_macs", "energy", "energy_of_set", "gpu_energy",
      // of a workload
      "parameters", "forward_macs", "forward_flops", "step_flops", "model_size", "intensity", "flops_per_model_byte",
      // of the machine
      "peak_rate", "memory_bandwidth"};
  return words;
}

const Words& chart_words() {
  static const Words words = {"four_panels",        "step_times", "training_times", "epoch_times", "losses",     "accuracies",
                              "accuracy_over_time", "throughput", "memory",         "energy",      "operations", "roofline",
                              "roofline_path",      "sweep",      "speed_up",       "disturbance", "network",    "machine"};
  return words;
}

const Words& claim_words() {
  static const Words words = {"faster", "faster_every_repetition", "same_accuracy", "rate_grows_with_batch", "gap_grows_with_size", "less_energy"};
  return words;
}

std::optional<Error> read_page(TomlTable& study, std::string_view file, const Words& labels, StudyPage& page) {
  read_text(study, "question", page.question);
  study.read("flaws", page.flaws);
  study.read("differences", page.differences);
  if (auto error = read_all(study, "table", file, labels, page.tables, read_table)) return error;
  if (auto error = read_all(study, "figure", file, labels, page.figures, read_figure)) return error;
  if (auto error = read_all(study, "claim", file, labels, page.claims, read_claim)) return error;
  return read_all(study, "missing", file, labels, page.missing, read_missing);
}

}  // namespace trainmark::workload
