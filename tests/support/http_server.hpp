// An HTTP server on this machine that can be told to misbehave: to cut off, lie, redirect and stall.
//
// One thread, one connection at a time, no keep-alive. Every request takes the next of the answers that were set for its
// path; the last one stays. It lives until the object dies.
#pragma once

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace trainmark::tests {

/// How one request is answered.
struct Answer {
  std::string body = {};  ///< the whole file
  int status = 200;       ///< 206 by itself where a range was asked for and `ranges`
  std::string type = "application/octet-stream";
  std::string location = {};    ///< for a redirect
  bool ranges = true;           ///< honours Range
  int64_t cut_after = -1;       ///< bytes of the body after which the connection is closed
  int64_t stall_after = -1;     ///< bytes of the body after which nothing more comes
  int64_t said_length = -1;     ///< Content-Length, if not the true one; -2: none at all
  std::string said_range = {};  ///< Content-Range, if not the true one
};

class HttpServer {
 public:
  HttpServer() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 16) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      std::abort();
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer() {
    stop_ = true;
    thread_.join();
    ::close(listener_);
  }

  /// "http://127.0.0.1:PORT/"
  std::string address() const { return fmt::format("http://127.0.0.1:{}/", port_); }
  /// `path` without the leading slash.
  void answer(const std::string& path, std::vector<Answer> answers) {
    const std::lock_guard lock(mutex_);
    answers_["/" + path] = std::move(answers);
  }
  /// "PATH" or "PATH RANGE" of every request so far.
  std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  void serve() {
    while (!stop_) {
      pollfd waiting{listener_, POLLIN, 0};
      if (::poll(&waiting, 1, 20) <= 0) continue;
      const int connection = ::accept(listener_, nullptr, nullptr);
      if (connection < 0) continue;
      handle(connection);
      ::close(connection);
    }
  }

  void handle(int connection) {
    std::string request;
    char buffer[4096];
    while (request.find("\r\n\r\n") == std::string::npos) {
      const ssize_t got = ::recv(connection, buffer, sizeof buffer, 0);
      if (got <= 0) return;
      request.append(buffer, static_cast<size_t>(got));
    }
    const size_t begin = request.find(' ') + 1;
    const std::string path = request.substr(begin, request.find(' ', begin) - begin);
    const size_t range = request.find("Range: bytes=");
    const int64_t from = range == std::string::npos ? 0 : std::atoll(request.c_str() + range + 13);
    reply(connection, take(path, from), from);
  }

  Answer take(const std::string& path, int64_t from) {
    const std::lock_guard lock(mutex_);
    requests_.push_back(from > 0 ? fmt::format("{} {}-", path, from) : path);
    auto& answers = answers_[path];
    if (answers.empty()) return Answer{.body = "not here", .status = 404};
    const Answer answer = answers.front();
    if (answers.size() > 1) answers.erase(answers.begin());
    return answer;
  }

  void reply(int connection, const Answer& answer, int64_t from) {
    const auto size = static_cast<int64_t>(answer.body.size());
    const bool part = from > 0 && answer.ranges && answer.status == 200;
    const int64_t begin = part ? std::min(from, size) : 0;
    std::string head = fmt::format("HTTP/1.1 {} x\r\nContent-Type: {}\r\nConnection: close\r\n", part ? 206 : answer.status, answer.type);
    if (answer.said_length != -2) head += fmt::format("Content-Length: {}\r\n", answer.said_length >= 0 ? answer.said_length : size - begin);
    if (part)
      head += fmt::format("Content-Range: {}\r\n", answer.said_range.empty() ? fmt::format("bytes {}-{}/{}", begin, size - 1, size) : answer.said_range);
    if (!answer.location.empty()) head += fmt::format("Location: {}\r\n", answer.location);
    const std::string body = answer.body.substr(static_cast<size_t>(begin));
    const int64_t limit = answer.cut_after >= 0 ? answer.cut_after : answer.stall_after >= 0 ? answer.stall_after : size;
    const std::string all = head + "\r\n" + body.substr(0, static_cast<size_t>(std::min<int64_t>(limit, static_cast<int64_t>(body.size()))));
    ::send(connection, all.data(), all.size(), MSG_NOSIGNAL);
    // A stalling server holds the connection until the client goes away.
    while (answer.stall_after >= 0 && !stop_) {
      pollfd waiting{connection, POLLIN, 0};
      if (::poll(&waiting, 1, 20) > 0) break;
    }
  }

  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stop_{false};
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<Answer>> answers_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

}  // namespace trainmark::tests
