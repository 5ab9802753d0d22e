// The native worker in a thread of the test, behind real pipes and the real protocol: a process without the process.
#pragma once

#include <unistd.h>

#include <array>
#include <optional>
#include <string>
#include <thread>

#include "worker/failure.hpp"
#include "worker/line_channel.hpp"
#include "worker/native_worker.hpp"

namespace trainmark::tests {

/// Serves until it dies. Not movable: its thread refers to it.
class InProcessWorker : public worker::Channel {
 public:
  explicit InProcessWorker(backends::BackendInfo info, std::string isa = "") : info_(std::move(info)) {
    CHECK(pipe(to_worker_.data()) == 0 && pipe(from_worker_.data()) == 0, "a test needs four descriptors");
    reader_.emplace(from_worker_[0]);
    thread_ = std::thread([this, isa] { worker::serve(info_, isa, to_worker_[0], from_worker_[1]); });
  }
  InProcessWorker(const InProcessWorker&) = delete;
  InProcessWorker& operator=(const InProcessWorker&) = delete;
  ~InProcessWorker() override {
    close(to_worker_[1]);
    thread_.join();
    close(to_worker_[0]);
    close(from_worker_[0]);
    close(from_worker_[1]);
  }

  worker::Answer<core::Json> call(const core::Json& request, double) override {
    CHECK(worker::write_line(to_worker_[1], request.dump()), "the worker reads");
    std::string line;
    CHECK(reader_->read(line) == worker::LineState::kLine, "the worker answers");
    const core::Json answer = core::Json::parse(line);
    if (answer.contains("ok")) return answer.at("ok");
    const core::Json& error = answer.at("error");
    const bool unsupported = error.at("kind") == "unsupported";
    return worker::Failure{unsupported ? worker::FailureKind::kUnsupported : worker::FailureKind::kFailed, error.at("message").get<std::string>()};
  }

 private:
  backends::BackendInfo info_;
  std::array<int, 2> to_worker_{}, from_worker_{};
  std::optional<worker::LineReader> reader_;
  std::thread thread_;
};

}  // namespace trainmark::tests
