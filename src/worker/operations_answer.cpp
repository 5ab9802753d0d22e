// The answer to `operations`, judged: a word outside of the vocabulary would stand in no column, and parts that are longer together than
// their step are parts of something else.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "core/suggest.hpp"
#include "worker/answers.hpp"

namespace trainmark::worker {
namespace {

using core::Json;

constexpr const char* kWhere = "the worker's answer to 'operations'";
constexpr double kClockSlack = 0.01;  // of a step: parts and step may be read from two clocks
constexpr size_t kMostParts = 10'000;

core::Result<double> time_of(const Json& object, const char* key) {
  const auto value = core::get<double>(object, key, kWhere);
  if (!value) return value.error();
  if (!std::isfinite(*value) || *value < 0) {
    return core::tool_error(fmt::format("{} has '{}', which must be a finite number from 0 on, not {}", kWhere, key, *value));
  }
  return *value;
}

core::Result<std::string> word_of(const Json& object, const char* key, const std::vector<std::string>& words) {
  const auto word = core::get<std::string>(object, key, kWhere);
  if (!word) return word.error();
  if (std::find(words.begin(), words.end(), *word) != words.end()) return *word;
  return core::tool_error(
      fmt::format("{} has the {} '{}'{}, which is none of {}", kWhere, key, word->substr(0, 40), core::did_you_mean(*word, words), fmt::join(words, ", ")));
}

core::Result<OperationTime> read_part(const Json& object) {
  OperationTime part;
  if (!object.is_object()) return core::tool_error(fmt::format("{} has 'operations', which must hold objects only", kWhere));
  const auto operation = word_of(object, "operation", operation_words());
  if (!operation) return operation.error();
  const auto phase = word_of(object, "phase", phase_words());
  if (!phase) return phase.error();
  const auto time_ns = time_of(object, "time_ns");
  if (!time_ns) return time_ns.error();
  const auto calls = time_of(object, "calls");
  if (!calls) return calls.error();
  if (object.contains("layer") && !object.at("layer").is_null()) {
    const auto layer = core::get<std::string>(object, "layer", kWhere);
    if (!layer) return layer.error();
    part.layer = *layer;
  }
  return OperationTime{*operation, *phase, part.layer, *time_ns, *calls};
}

core::Result<StepOperations> read(const Json& ok) {
  StepOperations found;
  const auto list = core::get<Json>(ok, "operations", kWhere);
  if (!list) return list.error();
  if (!list->is_array() || list->size() > kMostParts) {
    return core::tool_error(fmt::format("{} has 'operations', which must be a list of at most {} parts of a step", kWhere, kMostParts));
  }
  const auto step_ns = time_of(ok, "step_ns");
  if (!step_ns) return step_ns.error();
  const auto plain_ns = time_of(ok, "plain_ns");
  if (!plain_ns) return plain_ns.error();
  found.step_ns = *step_ns;
  found.plain_ns = *plain_ns;
  double sum_ns = 0;
  for (const Json& object : *list) {
    auto part = read_part(object);
    if (!part) return part.error();
    sum_ns += part->time_ns;
    found.parts.push_back(std::move(*part));
  }
  if (found.step_ns <= 0 || found.plain_ns <= 0) return core::tool_error(fmt::format("{} has steps that took no time", kWhere));
  if (sum_ns > found.step_ns * (1 + kClockSlack)) {
    return core::tool_error(
        fmt::format("{} has parts of {:.0f} ns together, but the step that they are parts of took {:.0f} ns", kWhere, sum_ns, found.step_ns));
  }
  return found;
}

}  // namespace

Answer<StepOperations> read_operations(const Json& ok) {
  if (!ok.is_object()) return Failure{FailureKind::kProtocol, fmt::format("{} is not a JSON object", kWhere)};
  auto found = read(ok);
  if (!found) return Failure{FailureKind::kProtocol, found.error().message};
  return std::move(*found);
}

}  // namespace trainmark::worker
