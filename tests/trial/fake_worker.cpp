// A worker that computes nothing and misbehaves on order: for tests of the supervisor. It speaks docs/protocol.md.
//
//   fake_worker [--step-us N] [--slow-steps N] [--spin] [--do WHAT --at N] [--ignore-sigterm] [--fork-child] [--say LINE]
//               [--methods JSON] [--operations JSON]
//
// WHAT happens at request number N (1 is hello): see misbehave(). Its losses fall from 2.5 with the step, its state counts steps. As
// `fake_worker launch ...` it is the launcher and as `fake_worker worker --platform P` a native worker, so that tests need no other
// program.
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "trial/fake_answers.hpp"
#include "trial/launcher.hpp"
#include "worker/native_worker.hpp"

namespace {

using trainmark::core::Json;
using trainmark::trial::FakeWorker;

void say(const std::string& line) {
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fputc('\n', stdout);
  std::fflush(stdout);
}

[[noreturn]] void hang() {
  while (true) pause();
}

/// A thread that never rests, as a spinning pool's.
void spin() {
  static std::atomic<uint64_t> turns{0};
  while (true) turns.fetch_add(1, std::memory_order_relaxed);
}

/// Takes memory until there is none, touching every page.
[[noreturn]] void hog() {
  std::vector<char*> taken;
  while (true) {
    char* block = static_cast<char*>(std::malloc(16 << 20));
    if (block == nullptr) std::abort();
    std::memset(block, 1, 16 << 20);
    taken.push_back(block);
  }
}

/// What a worker may do wrong at one request. Returns the id that the answer gets instead of the right one.
Json misbehave(const std::string& what, const Json& id) {
  if (what == "crash") std::raise(SIGSEGV);
  if (what == "abort") std::abort();
  if (what == "kill-self") std::raise(SIGKILL);
  if (what == "exit-0") std::_Exit(0);
  if (what == "exit-3") std::_Exit(3);
  if (what == "hang") hang();
  if (what == "close-stdout") {
    fclose(stdout);
    hang();
  }
  if (what == "hog") hog();
  if (what == "half-line") {
    std::fputs("{\"id\": ", stdout);
    std::fflush(stdout);
    hang();
  }
  if (what == "late") std::this_thread::sleep_for(std::chrono::milliseconds(100));
  if (what == "flood") {  // a line without an end
    const std::string much(1 << 20, 'x');
    while (std::fwrite(much.data(), 1, much.size(), stdout) > 0) {
    }
    hang();
  }
  if (what == "flood-lines") {
    while (true) say("Epoch 1/10: loss 0.3");
  }
  if (what == "close-stdin") fclose(stdin);
  if (what == "fork") {
    for (int i = 0; i < 20; ++i) {
      if (fork() == 0) hang();
    }
  }
  if (what == "rubbish") say("Epoch 1/10: loss 0.3");
  if (what == "no-object") say("[1, 2]");
  if (what == "neither") say(Json{{"id", id}}.dump());
  if (what == "long-line") say(std::string(3 << 20, 'x'));
  if (what == "unsupported" || what == "failed" || what == "out_of_memory") {
    say(Json{{"id", id}, {"error", {{"kind", what}, {"message", "scripted " + what}}}}.dump());
  }
  return what == "wrong-id" ? Json(-1) : id;
}

/// Changes the length of every file that the request names.
void resize_files(const Json& request, int bytes) {
  for (const auto& value : request) {
    std::error_code no_file;
    if (!value.is_string() || !std::filesystem::is_regular_file(value.get<std::string>(), no_file)) continue;
    const auto size = static_cast<int64_t>(std::filesystem::file_size(value.get<std::string>())) + bytes;
    if (size >= 0) std::filesystem::resize_file(value.get<std::string>(), static_cast<uintmax_t>(size));
  }
}

bool answers_itself(const std::string& what) {
  return what == "rubbish" || what == "no-object" || what == "neither" || what == "long-line" || what == "unsupported" || what == "failed" ||
         what == "out_of_memory";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::string(argv[1]) == "launch") return trainmark::trial::run_launcher(argc, argv);
  if (argc == 4 && std::string(argv[1]) == "worker") return trainmark::worker::run_native_worker(argv[3], "");
  FakeWorker worker;
  std::string what;
  int64_t at = -1;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    const auto value = [&] { return i + 1 < argc ? std::string(argv[++i]) : std::string(); };
    if (flag == "--step-us") worker.step_us = std::stol(value());
    if (flag == "--slow-steps") worker.slow_steps = std::stol(value());
    if (flag == "--losses-nan") worker.losses_nan = true;
    if (flag == "--unavailable") worker.unavailable = true;
    if (flag == "--compiler-cache") worker.compiler_cache = value();
    if (flag == "--methods") worker.methods = Json::parse(value());
    if (flag == "--operations") worker.operations = Json::parse(value());
    if (flag == "--lie-ns") worker.lie_ns = std::stol(value());
    if (flag == "--do") what = value();
    if (flag == "--at") at = std::stol(value());
    if (flag == "--say") std::fprintf(stderr, "%s\n", value().c_str());
    if (flag == "--ignore-sigterm") std::signal(SIGTERM, SIG_IGN);
    if (flag == "--fork-child" && fork() == 0) hang();
    if (flag == "--leave-child" && fork() == 0) {  // in a session of its own, outside the worker's group
      setsid();
      hang();
    }
    if (flag == "--spin") std::thread(spin).detach();
  }
  std::string line;
  for (int64_t number = 1; std::getline(std::cin, line); ++number) {
    const Json request = Json::parse(line);
    Json id = request.at("id");
    if (number == at) {
      id = misbehave(what, id);
      if (answers_itself(what)) continue;
    }
    const Json answer = worker.answer(request);
    if (number == at && (what == "short-file" || what == "long-file")) resize_files(request, what == "long-file" ? 8 : -8);
    if (number == at && what == "twice") say(Json{{"id", id}, {"ok", answer}}.dump());
    say(Json{{"id", id}, {answer.contains("kind") ? "error" : "ok", answer}}.dump());
    if (worker.quit) return 0;
  }
  return 0;
}
