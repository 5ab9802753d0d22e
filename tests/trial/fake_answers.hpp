// What the fake worker answers when it behaves: instant answers of the right form, see docs/protocol.md. It is strict about what it
// is asked: steps that do not follow each other are an error, so that a supervisor that loses its place is noticed.
#pragma once

#include <cmath>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "core/clock.hpp"
#include "core/file.hpp"
#include "core/json.hpp"
#include "core/tensor_file.hpp"
#include "worker/client.hpp"
#include "worker/raw_file.hpp"

namespace trainmark::trial {

struct FakeWorker {
  int64_t step_us = 100;   ///< that a step takes, asleep
  int64_t slow_steps = 0;  ///< first steps of the process that take ten times as long
  bool losses_nan = false;
  bool unavailable = false;
  std::string compiler_cache;  ///< folder; a prepare that finds something there compiles in less time
  core::Json methods;          ///< of hello; null: it does not say
  core::Json operations;       ///< what it answers to `operations`, or "crash"; null: it has not this ability
  int64_t lie_ns = 0;          ///< added to every time that it reports
  bool quit = false;           ///< was asked to

  /// The content of "ok", or of "error" when it has the key "kind".
  core::Json answer(const core::Json& request) {
    const std::string what = request.at("request");
    if (what == "hello") return hello();
    if (what == "prepare") return prepare(request);
    if (what == "train") return train(request);
    if (what == "evaluate") return evaluate(request);
    if (what == "fit") return fit();
    if (what == "predict") return predict(request);
    if (what == "load") return load(request);
    if (what == "dump") return dump(request);
    if (what == "memory") return {{"parameters", 1000}, {"optimiser_state", nullptr}, {"input", 200}};
    if (what == "operations" && operations == "crash") std::raise(SIGSEGV);
    if (what == "operations") return operations;
    if (what == "quit") quit = true;
    return core::Json::object();
  }

 private:
  static core::Json failed(const std::string& message) { return {{"kind", "failed"}, {"message", message}}; }

  core::Json hello() const {
    core::Json ok = {{"protocol", worker::kProtocolVersion}, {"platform", "fake"}, {"framework", "fake"}, {"device", "none"},
                     {"versions", core::Json::object()},     {"threads", 1}};
    for (const char* key : {"dtypes", "layers", "modes", "optimisers", "abilities"}) ok[key] = core::Json::array();
    if (!compiler_cache.empty()) ok["compiler_cache"] = true;
    if (!methods.is_null()) ok["methods"] = methods;
    if (!operations.is_null()) ok["abilities"] = core::Json::array({worker::kOperationsAbility});
    if (unavailable) ok.update({{"unavailable", "there is no such device"}, {"remedy", "buy one"}});
    return ok;
  }

  core::Json prepare(const core::Json& request) {
    evaluation_count_ = request.at("samples").at("evaluation").at("count");
    const std::filesystem::path folder = request.at("folder").get<std::string>();
    fitted_ = false;
    if (request.at("orders").empty()) return {{"build_ns", 1}, {"compile_ns", 2}, {"input_ns", 3}, {"input_bytes", 4}};  // neighbours
    state_ = core::read_safetensors(folder / request.at("initial_state").get<std::string>()).value();
    next_step_ = 0;
    int64_t compile_ns = 2;
    if (!compiler_cache.empty()) {
      const std::filesystem::path code = std::filesystem::path(compiler_cache) / "code";
      compile_ns = std::filesystem::exists(code) ? 7 : 700;
      core::write_file(code, std::string_view("compiled")).value();
    }
    return {{"build_ns", 1}, {"compile_ns", compile_ns}, {"input_ns", 3}, {"input_bytes", 4}, {"kernels", {{"op", "none"}}}};
  }

  core::Json train(const core::Json& request) {
    const int64_t first = request.at("first_step"), steps = request.at("steps");
    if (first != next_step_) return failed("asked for step " + std::to_string(first) + ", but stands before " + std::to_string(next_step_));
    const bool per_step = request.at("granularity") == "step";
    std::vector<uint64_t> times(per_step ? static_cast<size_t>(steps) : 1);
    std::vector<double> losses;
    const int64_t begin_ns = core::now_ns();
    int64_t last_ns = begin_ns;
    for (int64_t step = 0; step < steps; ++step) {
      losses.push_back(losses_nan ? std::numeric_limits<double>::quiet_NaN() : 2.5 / (1 + 0.01 * static_cast<double>(first + step)));
      if (!per_step) continue;
      rest(slow_steps-- > 0 ? 10 : 1);
      const int64_t now_ns = core::now_ns();
      times[static_cast<size_t>(step)] = static_cast<uint64_t>(now_ns - last_ns + lie_ns);
      last_ns = now_ns;
    }
    if (!per_step) {
      rest(steps);
      times[0] = static_cast<uint64_t>(core::now_ns() - begin_ns + lie_ns);
    }
    next_step_ += steps;
    worker::write_raw<double>(request.at("losses").get<std::string>(), losses).value();
    worker::write_raw<uint64_t>(request.at("times").get<std::string>(), times).value();
    if (request.contains("correct"))
      worker::write_raw<int32_t>(request.at("correct").get<std::string>(), std::vector<int32_t>(static_cast<size_t>(steps), 3)).value();
    return {{"indices_crc", 42}};
  }

  void rest(int64_t steps) const { std::this_thread::sleep_for(std::chrono::microseconds(step_us * steps)); }

  core::Json evaluate(const core::Json& request) const {
    worker::write_raw<int32_t>(request.at("predictions").get<std::string>(), std::vector<int32_t>(static_cast<size_t>(evaluation_count_), 0)).value();
    return {{"loss", 2.0}, {"elapsed_ns", 1000}};
  }

  core::Json fit() {
    fitted_ = true;
    return {{"elapsed_ns", 777}};
  }

  /// Query i has class i mod 10.
  core::Json predict(const core::Json& request) {
    const int64_t first = request.at("first"), count = request.at("count");
    if (!fitted_) return failed("asked to predict before it was fitted");
    if (first + count > evaluation_count_) return failed("asked for queries that are not there");
    const int64_t begin_ns = core::now_ns();
    rest(1);
    const int64_t elapsed_ns = core::now_ns() - begin_ns + lie_ns;
    std::vector<int32_t> classes;
    for (int64_t i = first; i < first + count; ++i) classes.push_back(static_cast<int32_t>(i % 10));
    worker::write_raw<int32_t>(request.at("predictions").get<std::string>(), classes).value();
    return {{"elapsed_ns", elapsed_ns}};
  }

  core::Json load(const core::Json& request) {
    state_ = core::read_safetensors(request.at("state").get<std::string>()).value();
    const auto step = state_.find("step");
    next_step_ = step == state_.end() ? 0 : static_cast<int64_t>(step->second.as_double().at(0));
    return core::Json::object();
  }

  core::Json dump(const core::Json& request) const {
    core::TensorMap state = state_;
    state["step"] = {{}, std::vector<int64_t>{next_step_}};
    core::write_safetensors(request.at("file").get<std::string>(), state).value();
    return core::Json::object();
  }

  int64_t evaluation_count_ = 0;
  int64_t next_step_ = 0;
  bool fitted_ = false;
  core::TensorMap state_;
};

}  // namespace trainmark::trial
