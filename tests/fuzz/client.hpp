// The supervisor's side of the protocol: every request is asked of a worker whose answers are the lines of the input, true
// or not. A line "@MEMBER CONTENT" before an answer makes the file that this member of the request names: escaped bytes,
// "=N" for a file of N bytes that holds nothing, "|" for a pipe that nobody fills, "~" for a link to /dev/zero.
#pragma once

#include <sys/stat.h>

#include <charconv>

#include "fuzz/target.hpp"
#include "worker/answers.hpp"
#include "worker/client.hpp"
#include "worker/line_channel.hpp"

namespace trainmark::fuzz {

class HostileWorker : public worker::Channel {
 public:
  explicit HostileWorker(Input input) : input_(as_text(input)), reader_(input_.fd()) {}
  worker::Answer<core::Json> call(const core::Json& request, double) override {
    std::string line;
    while (true) {
      const worker::LineState state = reader_.read(line);
      if (state == worker::LineState::kEnd) return worker::Failure{worker::FailureKind::kCrashed, "the worker ended"};
      if (state == worker::LineState::kTooLong) return worker::Failure{worker::FailureKind::kProtocol, "the line is too long"};
      if (!line.starts_with('@')) break;
      make_file(request, std::string_view(line).substr(1));
    }
    return worker::read_answer(line, request.at("id"), request.at("request").get<std::string>());
  }

 private:
  static void make_file(const core::Json& request, std::string_view line) {
    const std::string member(line.substr(0, line.find(' ')));
    const std::string_view content = line.substr(std::min(member.size() + 1, line.size()));
    for (const char* name : {"losses", "times", "correct", "predictions", "file"}) {
      if (member != name || !request.contains(member)) continue;
      const auto path = request.at(member).get<std::string>();
      std::filesystem::remove(path);
      if (content == "|") {
        CHECK(mkfifo(path.c_str(), 0600) == 0, "a target may make pipes");
      } else if (content == "~") {
        std::filesystem::create_symlink("/dev/zero", path);
      } else if (content.starts_with('=')) {
        uint64_t size = 0;
        std::from_chars(content.data() + 1, content.data() + content.size(), size);
        put(path, "");
        std::filesystem::resize_file(path, size % (uint64_t{1} << 40));
      } else {
        put(path, unescape(content));
      }
    }
  }

  MemoryFile input_;
  worker::LineReader reader_;
};

template <class T>
bool good(const worker::Answer<T>& answer) {
  CHECK(answer.ok() || answer.failure().kind != worker::FailureKind::kProtocol || answer.failure().message.size() > 10, "a failure is a sentence");
  return answer.ok();
}

inline bool client(Input input) {
  HostileWorker worker(input);
  worker::Client client(worker, scratch());
  workload::MaterialFiles files{
      .seed = 1, .workload = "/m/workload.json", .initial_state = "/m/s", .tables = "/m/t", .orders = {"/m/o"}, .order_of_epoch = {0}, .samples = {}};
  bool all = good(client.hello(1));
  all &= good(client.prepare(files, 1, "float32", 1));
  for (const auto granularity : {worker::Granularity::kStep, worker::Granularity::kEpoch}) {
    const bool each = granularity == worker::Granularity::kStep;
    const auto trained = client.train({0, 2, granularity, each}, 1);
    all &= good(trained);
    if (!trained) continue;
    CHECK(trained->losses.size() == 2 && trained->times_ns.size() == (each ? 2 : 1) && trained->correct.size() == (each ? 2 : 0), "one of each per step");
    for (const int64_t time : trained->times_ns) CHECK(time >= 0, "no time is negative");
  }
  const auto evaluated = client.evaluate(3, 1);
  all &= good(evaluated);
  CHECK(!evaluated || evaluated->predictions.size() == 3, "one per sample");
  all &= good(client.dump(1));
  all &= good(client.dump_gradients(1));
  all &= good(client.memory(1));
  all &= good(client.load({}, 1));
  all &= good(client.reset(files, 1));
  all &= good(client.quit(1));
  const auto operations = client.operations(0, 2, 1);
  all &= good(operations);
  if (operations) {
    double shares = operations->rest_ns() / operations->step_ns;
    for (const worker::OperationTime& part : operations->parts) shares += part.time_ns / operations->step_ns;
    CHECK(shares > 0.999 && shares < 1.02, "parts and the rest sum to the step");
  }
  return all;
}

}  // namespace trainmark::fuzz
