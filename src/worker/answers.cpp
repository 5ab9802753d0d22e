// A wrong answer is judged, never guessed at: a missing number must not become a zero in a record.
#include "worker/answers.hpp"

#include <fmt/format.h>

#include <limits>

#include "worker/failure.hpp"

namespace trainmark::worker {
namespace {

using core::Json;

// Reads members into places and keeps the first mistake.
class Members {
 public:
  Members(const Json& ok, std::string_view request) : ok_(ok), where_(fmt::format("the worker's answer to '{}'", request)) {
    if (!ok.is_object()) mistake("is not a JSON object");
  }

  template <class T>
  Members& required(std::string_view key, T& place) {
    if (failure_) return *this;
    auto value = core::get<T>(ok_, key, where_);
    if (value) {
      place = std::move(*value);
    } else {
      failure_ = Failure{FailureKind::kProtocol, value.error().message};
    }
    return *this;
  }
  template <class T>
  Members& optional(std::string_view key, std::optional<T>& place) {
    if (failure_ || !ok_.contains(key) || ok_.at(std::string(key)).is_null()) return *this;
    T value{};
    if (required(key, value); !failure_) place = std::move(value);
    return *this;
  }
  Members& strings(std::string_view key, std::vector<std::string>& place) {
    Json list;
    if (required(key, list); failure_) return *this;
    if (!list.is_array()) return mistake(fmt::format("has '{}', which must be a list of strings, not {}", key, list.dump().substr(0, 40)));
    for (const Json& item : list) {
      if (!item.is_string()) return mistake(fmt::format("has '{}', which must hold strings only, not {}", key, item.dump().substr(0, 40)));
      place.push_back(item.get<std::string>());
    }
    return *this;
  }
  /// A number that cannot be negative.
  Members& count(std::string_view key, int64_t& place) {
    if (required(key, place); !failure_ && place < 0) mistake(fmt::format("has '{}', which cannot be negative, but is {}", key, place));
    return *this;
  }
  Members& optional_count(std::string_view key, std::optional<int64_t>& place) {
    if (optional(key, place); !failure_ && place && *place < 0) mistake(fmt::format("has '{}', which cannot be negative, but is {}", key, *place));
    return *this;
  }
  Members& mistake(std::string_view what) {
    if (!failure_) failure_ = Failure{FailureKind::kProtocol, fmt::format("{} {}", where_, what)};
    return *this;
  }
  template <class T>
  Answer<T> done(T value) {
    if (failure_) return *failure_;
    return Answer<T>(std::move(value));
  }

 private:
  const Json& ok_;
  std::string where_;
  std::optional<Failure> failure_;
};

/// At most 200 characters for a message, unprintable ones as '?'.
std::string excerpt(std::string_view line) {
  std::string text(line.substr(0, 200));
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e) c = '?';
  }
  return line.size() > text.size() ? text + "..." : text;
}

}  // namespace

Answer<Json> read_answer(std::string_view line, const Json& id, std::string_view request) {
  const auto wrong = [&](std::string_view what) { return Failure{FailureKind::kProtocol, fmt::format("the worker's answer to '{}' {}", request, what)}; };
  const auto answer = core::parse_json(line, "it");
  if (!answer || !answer->is_object()) return wrong(fmt::format("is not a JSON object: '{}'", excerpt(line)));
  const Json given = answer->value("id", Json());
  if (given != id) return wrong(fmt::format("has the id {} instead of {}", excerpt(given.dump()), id.dump()));
  if (const auto error = answer->find("error"); error != answer->end() && error->is_object()) {
    const auto kind = core::get<std::string>(*error, "kind", "error");
    const auto message = core::get<std::string>(*error, "message", "error");
    if (kind && message) return Failure{wire_failure_kind(*kind).value_or(FailureKind::kFailed), *message};
  }
  const auto ok = answer->find("ok");
  if (ok == answer->end()) return wrong(fmt::format("has neither \"ok\" nor an \"error\" with kind and message: '{}'", excerpt(line)));
  return Json(*ok);
}

Answer<Hello> read_hello(const Json& ok) {
  Hello hello;
  hello.raw = ok;
  Members members(ok, "hello");
  members.required("protocol", hello.protocol).required("platform", hello.platform).required("framework", hello.framework);
  members.optional("unavailable", hello.unavailable).optional("remedy", hello.remedy);
  if (hello.protocol != kProtocolVersion) {
    members.mistake(fmt::format("names version {} of the protocol; this program speaks version {}", hello.protocol, kProtocolVersion));
  }
  if (hello.unavailable) return members.done(std::move(hello));  // the rest may be unknown
  members.required("device", hello.device).required("versions", hello.versions).count("threads", hello.threads);
  if (!hello.versions.is_object()) members.mistake("has 'versions', which must be an object of names and versions");
  members.strings("dtypes", hello.dtypes).strings("layers", hello.layers).strings("modes", hello.modes);
  members.strings("optimisers", hello.optimisers).strings("abilities", hello.abilities);
  if (ok.is_object() && ok.contains("methods")) {
    hello.methods.clear();
    members.strings("methods", hello.methods);
  }
  return members.done(std::move(hello));
}

Answer<Prepared> read_prepared(const Json& ok) {
  Prepared prepared;
  Members members(ok, "prepare");
  members.count("build_ns", prepared.build_ns).count("compile_ns", prepared.compile_ns);
  members.count("input_ns", prepared.input_ns).count("input_bytes", prepared.input_bytes);
  std::optional<Json> kernels;
  members.optional("kernels", kernels);
  if (kernels && !kernels->is_object()) members.mistake("has 'kernels', which must be an object of operations and implementations");
  prepared.kernels = kernels.value_or(Json::object());
  std::optional<Json> shares;
  members.optional("executed_shares", shares);
  prepared.executed_shares = shares.value_or(Json::object());
  bool parts = prepared.executed_shares.is_object();
  if (parts) {
    for (const auto& share : prepared.executed_shares) parts = parts && share.is_number() && share >= 0 && share <= 1;
  }
  if (!parts) members.mistake("has 'executed_shares', which must be an object of operations and numbers from 0 to 1");
  return members.done(std::move(prepared));
}

Answer<uint32_t> read_indices_crc(const Json& ok) {
  int64_t crc = 0;
  Members members(ok, "train");
  members.count("indices_crc", crc);
  if (crc > std::numeric_limits<uint32_t>::max()) members.mistake(fmt::format("has 'indices_crc' {}, which is not a CRC-32", crc));
  return members.done(static_cast<uint32_t>(crc));
}

Answer<int64_t> read_elapsed(const Json& ok, std::string_view request) {
  int64_t elapsed_ns = 0;
  Members members(ok, request);
  members.count("elapsed_ns", elapsed_ns);
  return members.done(elapsed_ns);
}

Answer<EvaluatedNumbers> read_evaluated(const Json& ok) {
  EvaluatedNumbers numbers;
  Members members(ok, "evaluate");
  members.count("elapsed_ns", numbers.elapsed_ns);
  if (ok.is_object() && ok.contains("loss") && ok.at("loss").is_null()) {
    numbers.loss = std::numeric_limits<double>::quiet_NaN();
  } else {
    members.required("loss", numbers.loss);
  }
  return members.done(numbers);
}

Answer<MemoryReport> read_memory(const Json& ok) {
  MemoryReport report;
  Members members(ok, "memory");
  members.optional_count("parameters", report.parameters).optional_count("optimiser_state", report.optimiser_state);
  members.optional_count("input", report.input).optional_count("activations", report.activations);
  members.optional_count("gradients", report.gradients).optional_count("workspace", report.workspace);
  members.optional_count("device_peak", report.device_peak).optional_count("allocator", report.allocator);
  return members.done(report);
}

}  // namespace trainmark::worker
