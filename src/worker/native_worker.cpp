// Requests in, answers out. Whatever a request holds, it gets an answer; nothing that it can say ends the worker but quit.
#include "worker/native_worker.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <new>
#include <optional>

#include "core/affinity.hpp"
#include "core/build_info.hpp"
#include "core/json.hpp"
#include "core/suggest.hpp"
#include "worker/failure.hpp"
#include "worker/line_channel.hpp"
#include "worker/native_neighbours.hpp"
#include "worker/native_training.hpp"
#include "worker/raw_file.hpp"
#include "workload/layer_json.hpp"
#include "workload/words.hpp"

namespace trainmark::worker {
namespace {

using core::Json;

constexpr int64_t kMostThreads = 4096;

Failure failed(std::string message) { return {FailureKind::kFailed, std::move(message)}; }

/// The state of a worker between requests.
class NativeWorker {
 public:
  NativeWorker(const backends::BackendInfo& info, std::string isa) : info_(info), isa_(std::move(isa)) {}

  /// The content of "ok", or why not. Does not throw.
  Answer<Json> answer(const Json& request);
  bool quitting() const { return quitting_; }

 private:
  using Handler = Answer<Json> (NativeWorker::*)(const Json& request);
  enum class Needs { kNothing, kAny, kTraining, kNeighbours };  // prepared
  struct Entry {
    std::string request;
    Handler handler;
    Needs needs;
  };
  static const std::vector<Entry>& handlers();
  /// Why a request cannot be answered as things stand; "" when it can.
  std::string lacks(const Entry& entry) const;

  Answer<Json> hello(const Json& request);
  Answer<Json> prepare(const Json& request);
  Answer<Json> train(const Json& request);
  Answer<Json> evaluate(const Json& request);
  Answer<Json> fit(const Json& request);
  Answer<Json> predict(const Json& request);
  Answer<Json> load(const Json& request);
  Answer<Json> dump(const Json& request);
  Answer<Json> memory(const Json& request);
  Answer<Json> operations(const Json& request);
  Answer<Json> reset(const Json& request);
  Answer<Json> quit(const Json& request);
  /// Why this platform cannot run here; "" when it can.
  std::string unavailable() const;

  const backends::BackendInfo& info_;
  std::string isa_;
  // What was prepared: one of the two, or none.
  std::optional<NativeTraining> training_;
  std::optional<NativeNeighbours> neighbours_;
  bool quitting_ = false;
};

const std::vector<NativeWorker::Entry>& NativeWorker::handlers() {
  static const std::vector<Entry> all = {{"hello", &NativeWorker::hello, Needs::kNothing},
                                         {"prepare", &NativeWorker::prepare, Needs::kNothing},
                                         {"train", &NativeWorker::train, Needs::kTraining},
                                         {"evaluate", &NativeWorker::evaluate, Needs::kTraining},
                                         {"fit", &NativeWorker::fit, Needs::kNeighbours},
                                         {"predict", &NativeWorker::predict, Needs::kNeighbours},
                                         {"load", &NativeWorker::load, Needs::kTraining},
                                         {"dump", &NativeWorker::dump, Needs::kTraining},
                                         {"memory", &NativeWorker::memory, Needs::kAny},
                                         {"reset", &NativeWorker::reset, Needs::kAny},
                                         {"operations", &NativeWorker::operations, Needs::kTraining},
                                         {"quit", &NativeWorker::quit, Needs::kNothing}};
  return all;
}

std::string NativeWorker::lacks(const Entry& entry) const {
  if (entry.needs == Needs::kNothing) return "";
  if (!training_ && !neighbours_) return fmt::format("'{}' needs a prepared workload; send prepare first", entry.request);
  if (entry.needs == Needs::kTraining && !training_) return fmt::format("'{}' is for trainings, but a search for neighbours is prepared", entry.request);
  if (entry.needs == Needs::kNeighbours && !neighbours_) return fmt::format("'{}' is for nearest neighbours, but a training is prepared", entry.request);
  return "";
}

Answer<Json> NativeWorker::answer(const Json& request) {
  const auto name = core::get<std::string>(request, "request", "the request");
  if (!name) return failed(name.error().message);
  std::vector<std::string> known;
  for (const Entry& entry : handlers()) {
    known.push_back(entry.request);
    if (entry.request != *name) continue;
    if (const std::string reason = lacks(entry); !reason.empty()) return failed(reason);
    try {
      return (this->*entry.handler)(request);
    } catch (const std::bad_alloc&) {
      return Failure{FailureKind::kOutOfMemory, fmt::format("there is not enough memory for '{}'", *name)};
    } catch (const std::exception& problem) {
      return failed(fmt::format("'{}' failed: {}", *name, problem.what()));
    }
  }
  return Failure{FailureKind::kUnsupported,
                 fmt::format("there is no request '{}'{}; this worker knows {}", *name, core::did_you_mean(*name, known), fmt::join(known, ", "))};
}

std::string NativeWorker::unavailable() const {
  if (isa_.empty() || info_.isas.empty() || std::find(info_.isas.begin(), info_.isas.end(), isa_) != info_.isas.end()) return "";
  return fmt::format("this machine cannot run the instruction set '{}'", isa_);
}

Answer<Json> NativeWorker::hello(const Json& request) {
  const auto protocol = core::get_or<int64_t>(request, "protocol", kProtocolVersion, "hello");
  if (!protocol) return failed(protocol.error().message);
  Json ok = {{"protocol", kProtocolVersion}, {"platform", info_.name}, {"framework", "trainmark"}};
  if (const std::string reason = unavailable(); !reason.empty()) {
    ok["unavailable"] = reason;
    ok["remedy"] = fmt::format("choose one of {}", fmt::join(info_.isas, ", "));
    return ok;
  }
  ok["device"] = "CPU";
  ok["versions"] = {{"trainmark", core::build_info().version}, {info_.name, info_.version}};
  ok["threads"] = core::allowed_cpus().size();
  ok["dtypes"] = info_.dtypes;
  ok["layers"] = workload::layer_kind_names();
  ok["modes"] = Json::array({"default"});
  ok["optimisers"] = workload::kind_names(workload::kOptimisers, plan::optimiser_name);
  ok["abilities"] = Json::array({"dropout_philox", kOperationsAbility});
  ok["methods"] = info_.create_neighbours == nullptr ? Json::array({kTraining}) : Json::array({kTraining, kNeighbours});
  ok["isa"] = !isa_.empty() ? isa_ : info_.isas.empty() ? "" : info_.isas.front();
  return ok;
}

Answer<Json> NativeWorker::prepare(const Json& request) {
  if (const std::string reason = unavailable(); !reason.empty()) return Failure{FailureKind::kUnsupported, reason};
  const auto threads = core::get<int64_t>(request, "threads", "prepare");
  if (!threads) return failed(threads.error().message);
  if (*threads < 1 || *threads > kMostThreads) return failed(fmt::format("prepare: 'threads' must be from 1 to {}, not {}", kMostThreads, *threads));
  const auto dtype = core::get<std::string>(request, "dtype", "prepare");
  if (!dtype) return failed(dtype.error().message);
  if (std::find(info_.dtypes.begin(), info_.dtypes.end(), *dtype) == info_.dtypes.end()) {
    return Failure{FailureKind::kUnsupported, fmt::format("'{}' does not compute in '{}'; it knows {}", info_.name, *dtype, fmt::join(info_.dtypes, ", "))};
  }
  const auto device = core::get_or<int64_t>(request, "device", 0, "prepare");
  if (!device) return failed(device.error().message);
  if (*device != 0)
    return Failure{FailureKind::kUnsupported, fmt::format("prepare: 'device' must be 0, the only one that '{}' has, not {}", info_.name, *device)};
  auto inputs = read_inputs(request);
  if (!inputs) return to_failure(inputs.error());
  training_.reset();  // its memory first
  neighbours_.reset();
  if (inputs->workload.neighbours) {
    auto search = NativeNeighbours::make(info_, {static_cast<int>(*threads), isa_, *dtype, {}}, std::move(*inputs));
    if (!search) return to_failure(search.error());
    neighbours_.emplace(std::move(*search));
    return Json{{"build_ns", neighbours_->build_ns()},
                {"compile_ns", 0},
                {"input_ns", neighbours_->inputs().elapsed_ns},
                {"input_bytes", neighbours_->inputs().bytes},
                {"kernels", {{"neighbours", neighbours_->kernel()}}}};
  }
  auto training = NativeTraining::make(info_, {static_cast<int>(*threads), isa_, *dtype, {}}, std::move(*inputs));
  if (!training) return to_failure(training.error());
  training_.emplace(std::move(*training));
  return Json{{"build_ns", training_->times().build_ns},
              {"compile_ns", training_->times().compile_ns},
              {"input_ns", training_->inputs().elapsed_ns},
              {"input_bytes", training_->inputs().bytes},
              {"kernels", training_->kernels()},
              {"executed_shares", training_->executed_shares()}};
}

struct StepRange {
  int64_t first = 0, steps = 0;
};

/// The members first_step and steps of the request `name`, checked against the training.
core::Result<StepRange> read_steps(const Json& request, const std::string& name, int64_t total_steps) {
  const auto first = core::get<int64_t>(request, "first_step", name);
  if (!first) return first.error();
  const auto steps = core::get<int64_t>(request, "steps", name);
  if (!steps) return steps.error();
  if (*steps < 1 || *first < 0 || *first >= total_steps || *steps > total_steps - *first) {
    return core::usage_error(fmt::format("{}: {} steps from step {} on are not within the {} steps of this training", name, *steps, *first, total_steps));
  }
  return StepRange{*first, *steps};
}

/// The members of a train request, checked against the training.
core::Result<TrainRequest> read_train(const Json& request, int64_t total_steps) {
  TrainRequest train;
  const auto granularity = core::get<std::string>(request, "granularity", "train");
  if (!granularity) return granularity.error();
  if (*granularity != "epoch" && *granularity != "step") {
    return core::unavailable(fmt::format("train: 'granularity' must be epoch or step, not '{}'", *granularity));
  }
  const auto range = read_steps(request, "train", total_steps);
  if (!range) return range.error();
  train.first_step = range->first;
  train.steps = range->steps;
  train.granularity = *granularity == "step" ? Granularity::kStep : Granularity::kEpoch;
  train.want_correct = request.contains("correct") && !request.at("correct").is_null();
  return train;
}

Answer<Json> NativeWorker::train(const Json& request) {
  const auto train = read_train(request, workload::total_steps(training_->inputs().workload));
  if (!train) return to_failure(train.error());
  const auto losses = core::get<std::string>(request, "losses", "train");
  if (!losses) return failed(losses.error().message);
  const auto times = core::get<std::string>(request, "times", "train");
  if (!times) return failed(times.error().message);
  const auto correct = core::get_or<std::string>(request, "correct", "", "train");
  if (!correct) return failed(correct.error().message);
  const Trained trained = training_->train(*train);
  const std::vector<uint64_t> unsigned_times(trained.times_ns.begin(), trained.times_ns.end());
  if (auto written = write_raw<double>(*losses, trained.losses); !written) return to_failure(written.error());
  if (auto written = write_raw<uint64_t>(*times, unsigned_times); !written) return to_failure(written.error());
  if (train->want_correct) {
    if (auto written = write_raw<int32_t>(*correct, trained.correct); !written) return to_failure(written.error());
  }
  return Json{{"indices_crc", trained.indices_crc}};
}

Answer<Json> NativeWorker::evaluate(const Json& request) {
  const auto split = core::get<std::string>(request, "split", "evaluate");
  if (!split) return failed(split.error().message);
  if (*split != "evaluation") return Failure{FailureKind::kUnsupported, fmt::format("evaluate: 'split' must be evaluation, not '{}'", *split)};
  const auto path = core::get<std::string>(request, "predictions", "evaluate");
  if (!path) return failed(path.error().message);
  const Evaluated evaluated = training_->evaluate();
  if (auto written = write_raw<int32_t>(*path, evaluated.predictions); !written) return to_failure(written.error());
  const Json loss = std::isfinite(evaluated.loss) ? Json(evaluated.loss) : Json();
  return Json{{"loss", loss}, {"elapsed_ns", evaluated.elapsed_ns}};
}

Answer<Json> NativeWorker::fit(const Json&) {
  const auto elapsed_ns = neighbours_->fit();
  if (!elapsed_ns) return to_failure(elapsed_ns.error());
  return Json{{"elapsed_ns", *elapsed_ns}};
}

Answer<Json> NativeWorker::predict(const Json& request) {
  const auto first = core::get<int64_t>(request, "first", "predict");
  if (!first) return failed(first.error().message);
  const auto count = core::get<int64_t>(request, "count", "predict");
  if (!count) return failed(count.error().message);
  const auto path = core::get<std::string>(request, "predictions", "predict");
  if (!path) return failed(path.error().message);
  const auto predicted = neighbours_->predict(*first, *count);
  if (!predicted) return to_failure(predicted.error());
  if (auto written = write_raw<int32_t>(*path, predicted->predictions); !written) return to_failure(written.error());
  return Json{{"elapsed_ns", predicted->elapsed_ns}};
}

Answer<Json> NativeWorker::load(const Json& request) {
  const auto path = core::get<std::string>(request, "state", "load");
  if (!path) return failed(path.error().message);
  const auto state = core::read_safetensors(*path);
  if (!state) return to_failure(state.error());
  if (auto loaded = training_->load(*state); !loaded) return to_failure(loaded.error());
  return Json::object();
}

Answer<Json> NativeWorker::dump(const Json& request) {
  const auto what = core::get<std::string>(request, "what", "dump");
  if (!what) return failed(what.error().message);
  if (*what != "state") return Failure{FailureKind::kUnsupported, fmt::format("dump: this worker can dump its state, not '{}'", *what)};
  const auto path = core::get<std::string>(request, "file", "dump");
  if (!path) return failed(path.error().message);
  if (auto written = core::write_safetensors(*path, training_->dump()); !written) return to_failure(written.error());
  return Json::object();
}

Answer<Json> NativeWorker::memory(const Json&) {
  const backends::MemoryUse use = training_ ? training_->memory() : neighbours_->memory();
  return Json{{"parameters", use.parameters}, {"optimiser_state", use.optimiser_state},
              {"input", use.input},           {"activations", use.activations},
              {"gradients", use.gradients},   {"workspace", use.workspace},
              {"device_peak", nullptr},       {"allocator", nullptr}};
}

Answer<Json> NativeWorker::operations(const Json& request) {
  const auto range = read_steps(request, "operations", workload::total_steps(training_->inputs().workload));
  if (!range) return to_failure(range.error());
  const StepOperations found = training_->operations(range->first, range->steps);
  return Json{{"operations", to_json(found.parts)}, {"step_ns", found.step_ns}, {"plain_ns", found.plain_ns}};
}

Answer<Json> NativeWorker::reset(const Json& request) {
  auto inputs = read_inputs(request);
  if (!inputs) return to_failure(inputs.error());
  const auto done = training_ ? training_->reset(std::move(*inputs)) : neighbours_->reset(std::move(*inputs));
  if (!done) return to_failure(done.error());
  return Json::object();
}

Answer<Json> NativeWorker::quit(const Json&) {
  quitting_ = true;
  return Json::object();
}

std::string to_line(const Json& id, const Answer<Json>& answer) {
  Json line = {{"id", id}};
  if (answer) {
    line["ok"] = *answer;
  } else {
    line["error"] = {{"kind", failure_name(answer.failure().kind)}, {"message", answer.failure().message}};
  }
  return line.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

int serve(const backends::BackendInfo& info, const std::string& isa, int in, int out) {
  NativeWorker worker(info, isa);
  LineReader reader(in);
  std::string line;
  while (!worker.quitting()) {
    const LineState state = reader.read(line);
    if (state == LineState::kEnd) break;
    Json id;
    Answer<Json> answer = failed(fmt::format("a line may have at most {} bytes", kMostLineBytes));
    if (state == LineState::kLine) {
      const auto request = core::parse_json(line, "the request");
      if (request && request->is_object()) id = request->value("id", Json());
      answer = request ? worker.answer(*request) : failed(request.error().message);
    }
    if (!write_line(out, to_line(id, answer))) return 1;  // the supervisor is gone
  }
  return 0;
}

int run_native_worker(const std::string& platform, const std::string& isa) {
  const backends::BackendInfo* info = backends::find_backend(platform);
  if (info == nullptr) {
    std::vector<std::string> known;
    for (const auto& backend : backends::backends()) known.push_back(backend.name);
    fmt::print(stderr, "there is no native platform '{}'{}; known are {}\n", platform, core::did_you_mean(platform, known), fmt::join(known, ", "));
    return 2;
  }
  return run_native_worker(*info, isa);
}

int run_native_worker(const backends::BackendInfo& info, const std::string& isa) {
  const int out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  if (out < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
    fmt::print(stderr, "stdout cannot be set aside for the protocol; start the worker with stdin, stdout and stderr open\n");
    return 1;
  }
  std::signal(SIGPIPE, SIG_IGN);  // a supervisor that is gone is seen by the failing write
  return serve(info, isa, STDIN_FILENO, out);
}

}  // namespace trainmark::worker
