#include "analysis/study_columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analysis/step_work.hpp"
#include "analysis/trainings.hpp"
#include "core/check.hpp"
#include "network/parameters.hpp"
#include "plan/passes.hpp"
#include "statistics/estimate.hpp"
#include "statistics/summary.hpp"

namespace trainmark::analysis {
namespace {

using Value = std::optional<double>;
using Source = CellSource;
using Of = std::function<Value(const Source&)>;

constexpr double kMega = 1e6, kMebi = 1024.0 * 1024.0;

/// A member of the platform's result times `scale`. It may be optional.
template <class Member>
Of member(Member PlatformResult::*place, double scale) {
  return [place, scale](const Source& s) -> Value {
    if (s.platform == nullptr) return std::nullopt;
    const std::optional<typename std::decay_t<decltype(std::optional(s.platform->*place))>::value_type> value = s.platform->*place;
    return value ? Value(static_cast<double>(*value) * scale) : std::nullopt;
  };
}

Of of_step(double scale) {
  return [scale](const Source& s) -> Value { return s.platform != nullptr && s.platform->step_ns.n > 0 ? Value(s.platform->step_ns.median * scale) : Value(); };
}

/// Of the training times of repetitions.
Of of_times(double (*make)(const statistics::Summary&), size_t least = 1) {
  return [make, least](const Source& s) -> Value {
    if (s.seconds == nullptr || s.seconds->size() < least) return std::nullopt;
    return make(statistics::summarise(*s.seconds));
  };
}

bool has_parts(const Source& s) { return s.platform != nullptr && s.platform->operations && s.platform->operations->reason.empty(); }

/// ms of a step in an operation and phase, "" meaning all. Nothing where the platform has no such part: it does it within another.
Of in_step(const std::string& operation, const std::string& phase) {
  return [operation, phase](const Source& s) -> Value {
    const double time_ns = has_parts(s) ? time_in(*s.platform->operations, operation, phase) : 0;
    return time_ns > 0 ? Value(time_ns * 1e-6) : Value();
  };
}

/// What the columns matrix multiplication, ReLU, softmax, convolution, pooling and gradients leave of a step.
Value other_operations(const Source& s) {
  if (!has_parts(s)) return std::nullopt;
  const Operations& o = *s.platform->operations;
  double rest = o.step.step_ns - time_in(o, "", "backward");
  for (const char* operation : {"matrix_multiplication", "relu", "loss", "convolution", "pooling"}) rest -= time_in(o, operation, "forward");
  return rest * 1e-6;
}

Of component(const char* name) {
  return [name](const Source& s) -> Value {
    const auto bytes = s.platform == nullptr ? std::nullopt : component_bytes(*s.platform, name);
    return bytes ? Value(static_cast<double>(*bytes) / kMega) : Value();
  };
}

Value device_peak(const Source& s) {
  if (s.platform == nullptr || !s.platform->memory.on_device || !s.platform->memory.total_bytes) return std::nullopt;
  return static_cast<double>(*s.platform->memory.total_bytes) / kMebi;
}

Value total_memory(const Source& s) {
  return s.platform != nullptr && s.platform->memory.total_bytes ? Value(*s.platform->memory.total_bytes / kMega) : Value();
}
Value overhead_memory(const Source& s) {
  return s.platform != nullptr && s.platform->memory.overhead_bytes ? Value(*s.platform->memory.overhead_bytes / kMega) : Value();
}
Value ram_mean(const Source& s) {
  if (s.platform == nullptr || !s.platform->memory.mean_rss_anon_bytes) return std::nullopt;
  return static_cast<double>(*s.platform->memory.mean_rss_anon_bytes + s.platform->memory.mean_rss_file_bytes.value_or(0)) / kMebi;
}

/// Evaluations of finished trials: seconds each, and the samples that they went through.
Value evaluation(const Source& s, bool throughput) {
  if (s.trials == nullptr) return std::nullopt;
  std::vector<double> values;
  for (const store::TrialData* trial : *s.trials) {
    for (const trial::EvaluationRecord& e : trial->evaluations) {
      if (!finished(*trial) || e.elapsed_ns <= 0) continue;
      const double seconds = static_cast<double>(e.elapsed_ns) * 1e-9;
      values.push_back(throughput ? static_cast<double>(e.count) / seconds : seconds);
    }
  }
  return values.empty() ? Value() : Value(statistics::median(values));
}

Value accuracy_deviation(const Source& s) {
  if (s.trials == nullptr) return std::nullopt;
  std::vector<double> accuracies;
  for (const auto& [repetition, accuracy] : final_accuracies(*s.trials)) accuracies.push_back(100 * accuracy);
  return accuracies.size() < 2 ? Value() : Value(statistics::summarise(accuracies).standard_deviation);
}

/// Times as fast as the baseline.
Value speed_up(const Source& s) {
  if (s.platform == nullptr) return std::nullopt;
  if (s.platform->platform == s.workload->baseline) return 1;
  return s.platform->ratio && s.platform->ratio->value > 0 ? Value(1 / s.platform->ratio->value) : Value();
}

Value energy(const Source& s, bool device, bool of_set) {
  if (s.platform == nullptr || !s.platform->energy) return std::nullopt;
  if (device && !s.platform->energy->device) return std::nullopt;
  const EnergyFigures& figures = device ? *s.platform->energy->device : s.platform->energy->host;
  return of_set ? figures.set_joules : figures.joules;
}

Value training_time_with_start(const Source& s) {
  if (s.seconds == nullptr || s.seconds->empty() || !s.platform->to_first_step_ns) return std::nullopt;
  return statistics::median(*s.seconds) + *s.platform->to_first_step_ns * 1e-9;
}

/// Multiply-adds of the forward pass over one image, by shape.
Value forward_macs(const Source& s) {
  if (s.workload->workload.neighbours) return std::nullopt;
  int64_t flops = 0;
  for (const plan::Op& op : plan::evaluation_plan(s.workload->workload.network, 1).ops) flops += op.cost.flops;
  return static_cast<double>(flops) / 2;
}

Of times_macs(double scale) {
  return [scale](const Source& s) -> Value {
    const auto macs = forward_macs(s);
    return macs ? Value(*macs * scale) : std::nullopt;
  };
}

/// As study `roofline` printed it: images/s times multiply-adds of the forward pass, though a training step is three times that.
Value rate_forward_macs(const Source& s) {
  const auto macs = forward_macs(s);
  return macs && s.platform != nullptr && s.platform->samples_per_s ? Value(*macs * *s.platform->samples_per_s * 1e-12) : Value();
}

Value parameters(const Source& s) {
  return s.workload->workload.neighbours ? Value() : Value(static_cast<double>(network::parameter_count(s.workload->workload.network)));
}
Of times_parameters(double scale) {
  return [scale](const Source& s) -> Value {
    const auto count = parameters(s);
    return count ? Value(*count * scale) : std::nullopt;
  };
}

Value intensity(const Source& s) {
  int64_t flops = 0, bytes = 0;
  for (const Piece& piece : compulsory_pieces(s.workload->workload)) {
    flops += piece.flops;
    bytes += piece.bytes;
  }
  return bytes > 0 ? Value(static_cast<double>(flops) / static_cast<double>(bytes)) : Value();
}

Value flops_per_model_byte(const Source& s) {
  const auto macs = forward_macs(s);
  const auto count = parameters(s);
  return macs && count && *count > 0 ? Value(*macs / (4 * *count)) : Value();
}

Value peak_rate(const Source& s) { return s.workload->roof ? Value(s.workload->roof->peak_gops) : Value(); }
Value memory_bandwidth(const Source& s) {
  return s.workload->roof && !s.workload->roof->levels.empty() && s.workload->roof->levels.back().name == "memory" ? Value(s.workload->roof->levels.back().gbs)
                                                                                                                   : Value();
}

std::vector<Column> make_columns() {
  using P = PlatformResult;
  using Summary = statistics::Summary;
  const Of repetitions = [](const Source& s) -> Value { return s.platform == nullptr ? Value() : Value(static_cast<double>(s.platform->processes)); };
  const auto evaluation_of = [](bool throughput) { return Of([throughput](const Source& s) { return evaluation(s, throughput); }); };
  const auto energy_of = [](bool device, bool of_set) { return Of([device, of_set](const Source& s) { return energy(s, device, of_set); }); };
  return {
      {"training_time", "training, median", "s", {"training time median"}, of_times([](const Summary& x) { return x.median; })},
      {"training_time_mean", "training, mean", "s", {"training time mean", "training time", "total time"}, of_times([](const Summary& x) { return x.mean; })},
      {"training_time_deviation", "deviation", "s", {}, of_times([](const Summary& x) { return x.standard_deviation; }, 2)},
      {"training_time_q1", "first quartile", "s", {"training time first quartile"}, of_times([](const Summary& x) { return x.q1; })},
      {"training_time_q3", "third quartile", "s", {"training time third quartile"}, of_times([](const Summary& x) { return x.q3; })},
      {"training_time_with_start", "with start and compiling", "s", {}, training_time_with_start},
      {"step_time", "step", "ms", {"time per iteration"}, of_step(1e-6)},
      {"forward_time", "forward", "ms", {"forward"}, in_step("", "forward")},
      {"backward_time", "backward", "ms", {"backward"}, in_step("", "backward")},
      {"update_time", "update", "ms", {}, in_step("", "update")},
      {"matrix_multiplication", "matrix multiplication", "ms", {"matrix multiplication"}, in_step("matrix_multiplication", "forward")},
      {"relu", "ReLU", "ms", {"relu"}, in_step("relu", "forward")},
      {"softmax", "softmax and loss", "ms", {"softmax"}, in_step("loss", "forward")},
      {"gradients", "gradients", "ms", {"gradients"}, in_step("", "backward")},
      {"convolution", "convolution", "ms", {}, in_step("convolution", "forward")},
      {"pooling", "pooling", "ms", {}, in_step("pooling", "forward")},
      {"other_operations", "the rest", "ms", {}, other_operations},
      {"epoch_time", "epoch", "s", {"training epoch"}, member(&P::epoch_s, 1)},
      {"throughput", "training", "images/s", {"training throughput", "training"}, member(&P::samples_per_s, 1)},
      {"evaluation_time", "evaluation", "s", {"validation epoch"}, evaluation_of(false)},
      {"evaluation_throughput", "evaluation", "images/s", {"validation throughput"}, evaluation_of(true)},
      {"transfer_time", "moving the samples", "ms", {}, member(&P::input_ns, 1e-6)},
      {"first_step_time", "start to first step", "ms", {}, member(&P::to_first_step_ns, 1e-6)},
      {"speed_up", "speed-up", "x", {"speed-up"}, speed_up},
      {"parameters_memory", "parameters", "MB", {"parameters"}, component("parameters")},
      {"input_memory", "input", "MB", {"input"}, component("input")},
      {"activations_memory", "activations", "MB", {"activations"}, component("activations")},
      {"gradients_memory", "gradients", "MB", {"gradients"}, component("gradients")},
      {"overhead_memory", "overhead", "MB", {"overhead"}, overhead_memory},
      {"total_memory", "total", "MB", {"total"}, total_memory},
      {"ram_mean", "RAM, mean", "MiB", {}, ram_mean},
      {"ram_peak", "RAM, peak", "MiB", {}, member(&P::peak_rss_bytes, 1 / kMebi)},
      {"device_peak", "device memory, peak", "MiB", {"peak device memory"}, device_peak},
      {"accuracy", "accuracy", "%", {"test accuracy"}, member(&P::final_accuracy, 100)},
      {"best_accuracy", "best accuracy", "%", {}, member(&P::best_accuracy, 100)},
      {"accuracy_deviation", "its deviation", "points", {}, accuracy_deviation},
      {"final_loss", "loss", "", {}, member(&P::final_loss, 1)},
      {"verdict", "verdict", "", {}, [](const Source&) { return Value(); }, true},
      {"repetitions", "repetitions", "", {}, repetitions},
      {"utilisation", "CPU", "%", {"CPU utilisation as printed"}, member(&P::utilisation, 100)},
      {"gpu_utilisation", "GPU", "%", {"GPU utilisation as printed"}, member(&P::gpu_kernel_time_share, 100)},
      {"rate", "rate", "GFLOP/s", {"achieved"}, member(&P::gflops, 1)},
      {"rate_forward_macs", "images/s x forward MACs", "TMAC/s", {"training TFLOP/s as printed"}, rate_forward_macs},
      {"energy", "energy of a training", "J", {}, energy_of(false, false)},
      {"energy_of_set", "energy of all", "J", {"energy as printed"}, energy_of(false, true)},
      {"gpu_energy", "energy of the GPU, all", "J", {}, energy_of(true, true)},
      {"parameters", "parameters", "M", {"parameters"}, times_parameters(1e-6)},
      {"forward_macs", "forward, an image", "GMAC", {"FLOPs per 224x224 image as printed (MACs)"}, times_macs(1e-9)},
      {"forward_flops", "forward, an image", "GFLOP", {}, times_macs(2e-9)},
      {"step_flops", "training step", "GFLOP", {}, [](const Source& s) { return Value(static_cast<double>(s.workload->flops_per_step) * 1e-9); }},
      {"model_size", "model", "MB", {"model size"}, times_parameters(4e-6)},
      {"intensity", "intensity", "FLOP/B", {}, intensity},
      {"flops_per_model_byte", "MACs / model bytes", "MAC/B", {"FLOPs / model bytes as printed"}, flops_per_model_byte},
      {"peak_rate", "peak float32", "GFLOP/s", {"peak float32 (datasheet)"}, peak_rate},
      {"memory_bandwidth", "memory bandwidth", "GB/s", {"memory bandwidth (datasheet)"}, memory_bandwidth},
  };
}

}  // namespace

const std::vector<Column>& study_columns() {
  static const std::vector<Column> columns = make_columns();
  return columns;
}

const Column& study_column(const std::string& word) {
  const auto& columns = study_columns();
  const auto found = std::find_if(columns.begin(), columns.end(), [&](const Column& c) { return c.word == word; });
  CHECK(found != columns.end(), fmt::format("no column is called {}", word));
  return *found;
}

std::string figure_text(double value) {
  if (value == 0) return "0";
  if (std::abs(value) >= 999.5) return fmt::format("{:.0f}", value);
  const int before = static_cast<int>(std::floor(std::log10(std::abs(value)))) + 1;  // digits before the point
  return std::abs(value) < 1e-4 ? fmt::format("{:.2e}", value) : fmt::format("{:.{}f}", value, std::clamp(3 - before, 0, 7));
}

}  // namespace trainmark::analysis
