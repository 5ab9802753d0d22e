#include "workload/small_scale.hpp"

#include <fmt/format.h>

#include <vector>

#include "workload/study.hpp"

namespace trainmark::workload {
namespace {

void apply(const SmallScale& scale, WorkloadRequest& request) {
  if (scale.epochs) request.epochs = scale.epochs;
  if (scale.max_batches) request.max_batches = scale.max_batches;
  if (scale.train_count) request.train_count = scale.train_count;
}

}  // namespace

std::optional<core::Error> read_small_scale(TomlTable& table, std::string_view file, bool of_study, std::optional<SmallScale>& place) {
  const toml::node* node = table.node("small");
  if (node == nullptr) return std::nullopt;
  if (!node->is_table()) {
    table.fail("small", "'small' must be a table, such as small = { epochs = 1 }");
    return table.finish();
  }
  TomlTable small(*node->as_table(), file, "the small scale");
  SmallScale scale;
  if (of_study) small.read("repetitions", scale.repetitions);
  small.read("epochs", scale.epochs);
  small.read("max_batches", scale.max_batches);
  small.read("train_count", scale.train_count);
  if (!of_study) small.read("skip", scale.skip);
  for (const auto& [key, value] :
       {std::pair{"repetitions", scale.repetitions}, {"epochs", scale.epochs}, {"max_batches", scale.max_batches}, {"train_count", scale.train_count}}) {
    if (value && *value < 1) small.fail(key, fmt::format("'{}' of the small scale must be at least 1, not {}", key, *value));
  }
  place = scale;
  return small.finish();
}

core::Result<Study> at_small_scale(Study study) {
  bool any = study.small.has_value();
  for (WorkloadRequest& request : study.workloads) {
    if (study.small) apply(*study.small, request);
    if (request.small) apply(*request.small, request);
    any = any || request.small.has_value();
  }
  if (!any) {
    return core::usage_error(
        fmt::format("--scale small: the study '{}' has no small scale; give it a [small] table, or use --epochs, --max-batches and --repetitions", study.name));
  }
  std::erase_if(study.workloads, [](const WorkloadRequest& request) { return request.small && request.small->skip.value_or(false); });
  if (study.small && study.small->repetitions) study.repetitions = *study.small->repetitions;
  study.is_small = true;
  return study;
}

}  // namespace trainmark::workload
