// The worker's side of the protocol: the lines of the input are the requests of a hostile supervisor. The first line is
// the platform; a line "@CONTENT" makes the file "given", which requests may load.
//
// The materials are a training of four steps, made once. Requests are confined: a path is cut down to its last part and
// lies in the materials (what is read) or in a folder that is emptied for every input (what is written), and at most two
// threads are asked for. Lines that are no JSON objects can do nothing, and go through as they are.
#pragma once

#include <algorithm>
#include <vector>

#include "core/json.hpp"
#include "fuzz/target.hpp"
#include "support/tiny_materials.hpp"
#include "worker/line_channel.hpp"
#include "worker/native_worker.hpp"

namespace trainmark::fuzz {

inline const tests::Tiny& hostile_materials() {
  static const auto tiny = [] {
    network::Network network{"tiny", "for fuzzing", {1, 2, 2}, 3, {}};
    network.layers.push_back({"dense", network::Dense{3, true, {}, {}}, {network::kNetworkInput}});
    auto made = tests::make_tiny({.custom_network = network, .train_count = 8, .test_count = 4, .batch_size = 4, .epochs = 2});
    for (const char* name : {"train-images", "train-labels", "test-images", "test-labels"})
      std::filesystem::copy_file(made->folder() / name, made->folder() / "materials" / name);
    return made;
  }();
  return *tiny;
}

/// Cuts every path of the request down to its last part.
inline void cut_paths(core::Json& value) {
  if (value.is_structured()) {
    for (auto& member : value) cut_paths(member);
  } else if (value.is_string()) {
    std::string text = value.get<std::string>();
    text.erase(0, text.rfind('/') + 1);
    value = text == "." || text == ".." ? "dots" : text;
  }
}

inline std::string confine(core::Json request, const std::filesystem::path& outputs) {
  for (auto& [key, value] : request.items()) {
    const bool names_request = key == "request" || key == "granularity" || key == "split" || key == "dtype" || key == "what";
    if (!names_request) cut_paths(value);
    if (key == "folder" && value.is_string()) value = (hostile_materials().folder() / "materials").string();
    for (const char* output : {"losses", "times", "correct", "predictions", "file", "state"}) {
      if (key == output && value.is_string()) value = (outputs / value.get<std::string>().substr(0, 100)).string();
    }
    if (key == "threads" && value.is_number_integer() && value > 2 && value <= 4096) value = 2;
  }
  return request.dump();
}

inline bool worker_requests(Input input) {
  constexpr int kMostRequests = 30;
  const auto outputs = scratch() / "worker";
  std::filesystem::create_directories(outputs);
  std::string_view rest = as_text(input);
  const bool is_cpu = take_line(rest) == "cpu";
  std::string requests;
  int asked = 0;
  while (asked < kMostRequests && !rest.empty()) {
    const std::string_view line = take_line(rest);
    if (line.starts_with('@')) {
      put(outputs / "given", unescape(line.substr(1)));
      continue;
    }
    const auto json = core::parse_json(line, "the line");
    requests += json && json->is_object() ? confine(*json, outputs) : std::string(line);
    requests += '\n';
    ++asked;
  }
  const MemoryFile in(requests), out;
  CHECK(worker::serve(*backends::find_backend(is_cpu ? "cpu" : "reference"), "", in.fd(), out.fd()) == 0, "the worker ends orderly");
  out.rewind();
  worker::LineReader answers(out.fd());
  std::string line;
  int answered = 0;
  bool all = true;
  for (; answers.read(line) == worker::LineState::kLine; ++answered) {
    const core::Json answer = core::Json::parse(line);
    CHECK(answer.contains("id") && answer.contains("ok") != answer.contains("error"), line);
    all = all && answer.contains("ok");
    CHECK(answer.contains("ok") || answer["error"].at("message").get<std::string>().size() > 10, line);
  }
  CHECK(answered <= asked, "one answer per request, and none after quit");
  std::filesystem::remove_all(outputs);
  return all && answered > 0;
}

}  // namespace trainmark::fuzz
