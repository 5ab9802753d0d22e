// The channel's waiting, sending and receiving; answers.hpp reads the lines.
#include "trial/process_channel.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <utility>

#include "core/clock.hpp"
#include "trial/interrupt.hpp"
#include "worker/answers.hpp"
#include "worker/failure.hpp"
#include "worker/line_channel.hpp"

namespace trainmark::trial {
namespace {

using worker::Failure;
using worker::FailureKind;

/// write() that returns EPIPE instead of killing this process when the worker is gone: SIGPIPE is held back for this thread alone.
ssize_t write_without_signal(int fd, const char* data, size_t size) {
  sigset_t pipe, before;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, &before);
  const ssize_t written = write(fd, data, size);
  const int error = errno;
  if (written < 0 && error == EPIPE) {
    const timespec now{};
    sigtimedwait(&pipe, nullptr, &now);
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return written;
}

}  // namespace

/// What is being waited for, for messages, and until when.
struct ProcessChannel::Wait {
  std::string request;
  double timeout_s = 0;
  int64_t deadline_ns = 0;
};

worker::Answer<core::Json> ProcessChannel::call(const core::Json& request, double timeout_s) {
  if (broken_) return *broken_;
  Wait wait{request.value("request", "?"), timeout_s, core::now_ns() + static_cast<int64_t>(timeout_s * 1e9)};
  std::string line = request.dump() + "\n";
  if (auto failure = send(line, wait)) return *failure;
  line.clear();
  if (auto failure = receive(line, wait)) return *failure;
  auto answer = worker::read_answer(line, request.value("id", core::Json()), wait.request);
  if (!answer && answer.failure().kind == FailureKind::kProtocol) return break_with(FailureKind::kProtocol, answer.failure().message);
  return answer;
}

Failure ProcessChannel::break_with(FailureKind kind, std::string message) {
  process_.kill();
  process_.wait(5);
  broken_ = Failure{kind, std::move(message)};
  return *broken_;
}

Failure ProcessChannel::worker_ended(const Wait& wait) {
  const auto end = process_.wait(1);
  if (!end) return break_with(FailureKind::kProtocol, fmt::format("the worker closed its pipe without ending, while '{}' was asked of it", wait.request));
  return break_with(classify(*end), fmt::format("the worker {} while '{}' was asked of it", describe(*end), wait.request));
}

std::optional<Failure> ProcessChannel::wait_for(int fd, short events, const Wait& wait) {
  while (true) {
    pollfd waited[2] = {{fd, events, 0}, {interrupt_fd(), POLLIN, 0}};
    const int64_t left_ns = wait.deadline_ns - core::now_ns();
    const int left_ms = static_cast<int>(std::clamp<int64_t>((left_ns + 999'999) / 1'000'000, 0, 1'000'000'000));
    const int ready = poll(waited, 2, left_ms);
    if (interrupted()) return break_with(FailureKind::kInterrupted, fmt::format("interrupted while '{}' was asked of the worker", wait.request));
    if (ready < 0 && errno == EINTR) continue;
    if (ready > 0 && waited[0].revents != 0) return std::nullopt;
    if (core::now_ns() >= wait.deadline_ns) {
      return break_with(FailureKind::kTimedOut,
                        fmt::format("the worker did not answer '{}' within {:g} s; allow more with --timeout", wait.request, wait.timeout_s));
    }
  }
}

std::optional<Failure> ProcessChannel::send(const std::string& line, const Wait& wait) {
  size_t sent = 0;
  while (sent < line.size()) {
    const ssize_t written = write_without_signal(process_.request_fd(), line.data() + sent, line.size() - sent);
    if (written > 0) {
      sent += static_cast<size_t>(written);
    } else if (errno == EPIPE) {
      return worker_ended(wait);
    } else if (errno == EAGAIN) {
      if (auto failure = wait_for(process_.request_fd(), POLLOUT, wait)) return failure;
    } else if (errno != EINTR) {
      return break_with(FailureKind::kProtocol, fmt::format("cannot write to the worker: {}", std::strerror(errno)));
    }
  }
  return std::nullopt;
}

std::optional<Failure> ProcessChannel::receive(std::string& line, const Wait& wait) {
  size_t searched = 0;
  while (true) {
    const auto newline = received_.find('\n', searched);
    if (newline != std::string::npos && newline <= worker::kMostLineBytes) {
      line = received_.substr(0, newline);
      received_.erase(0, newline + 1);
      return std::nullopt;
    }
    searched = received_.size();
    if (searched > worker::kMostLineBytes) {
      return break_with(FailureKind::kProtocol,
                        fmt::format("the worker's answer to '{}' is longer than {} bytes; bulk data belongs into files", wait.request, worker::kMostLineBytes));
    }
    if (auto failure = wait_for(process_.answer_fd(), POLLIN, wait)) return failure;
    char bytes[65536];
    const ssize_t length = read(process_.answer_fd(), bytes, sizeof bytes);
    if (length > 0) {
      received_.append(bytes, static_cast<size_t>(length));
    } else if (length == 0) {
      return worker_ended(wait);
    } else if (errno != EINTR && errno != EAGAIN) {
      return break_with(FailureKind::kProtocol, fmt::format("cannot read from the worker: {}", std::strerror(errno)));
    }
  }
}

}  // namespace trainmark::trial
