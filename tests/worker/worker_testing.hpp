// A real worker behind pipes for tests: serve() runs in a thread over two pipes, and a Channel speaks to it.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "support/tiny_materials.hpp"
#include "worker/client.hpp"
#include "worker/failure.hpp"
#include "worker/line_channel.hpp"
#include "worker/native_worker.hpp"

namespace trainmark::worker {

constexpr double kTimeout = 60;

/// Serves `info` until it is destroyed: closing the pipe must end the worker.
class PipedWorker : public Channel {
 public:
  explicit PipedWorker(const backends::BackendInfo& info, const std::string& isa = "") {
    EXPECT_EQ(pipe2(requests_.data(), O_CLOEXEC), 0);
    EXPECT_EQ(pipe2(answers_.data(), O_CLOEXEC), 0);
    thread_ = std::thread([this, &info, isa] {
      exit_code_ = serve(info, isa, requests_[0], answers_[1]);
      close(answers_[1]);
    });
    reader_ = std::make_unique<LineReader>(answers_[0]);
  }
  ~PipedWorker() override {
    end();
    close(requests_[0]);
    close(answers_[0]);
  }
  PipedWorker(const PipedWorker&) = delete;
  PipedWorker& operator=(const PipedWorker&) = delete;

  /// Closes the worker's stdin, waits for its end, and gives its exit code.
  int end() {
    if (thread_.joinable()) {
      close(requests_[1]);
      thread_.join();
    }
    return exit_code_;
  }

  /// Sends a line as it is and gives the answer's line as JSON; null when the worker has ended.
  core::Json send(const std::string& line) {
    write_line(requests_[1], line);
    std::string answer;
    if (reader_->read(answer) != LineState::kLine) return {};
    return core::Json::parse(answer);
  }

  Answer<core::Json> call(const core::Json& request, double) override {
    const core::Json answer = send(request.dump());
    if (!answer.is_object() || answer.value("id", core::Json()) != request.at("id")) return Failure{FailureKind::kProtocol, "wrong id in " + answer.dump()};
    if (answer.contains("ok")) return core::Json(answer.at("ok"));
    return Failure{*wire_failure_kind(answer.at("error").at("kind").get<std::string>()), answer.at("error").at("message").get<std::string>()};
  }

 private:
  std::array<int, 2> requests_{}, answers_{};
  std::thread thread_;
  std::unique_ptr<LineReader> reader_;
  int exit_code_ = -1;
};

}  // namespace trainmark::worker
