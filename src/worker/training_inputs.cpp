// Checks happen here, once and outside every clock.
#include "worker/training_inputs.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/clock.hpp"
#include "worker/raw_file.hpp"

namespace trainmark::worker {
namespace {

namespace fs = std::filesystem;
using core::Json;
using core::Result;
using core::usage_error;

constexpr std::string_view kWhere = "the request";

Result<fs::path> get_path(const Json& object, std::string_view key, std::string_view where, const fs::path& folder) {
  const auto name = core::get<std::string>(object, key, where);
  if (!name) return name.error();
  return folder / *name;  // an absolute name replaces the folder
}

/// `bytes` bytes at "offset" of "file", mapped.
Result<const uint8_t*> map_bytes(const Json& place, std::string_view where, const fs::path& folder, size_t bytes, core::MappedFile& file) {
  const auto path = get_path(place, "file", where, folder);
  if (!path) return path.error();
  const auto offset = core::get<int64_t>(place, "offset", where);
  if (!offset) return offset.error();
  auto mapped = core::MappedFile::open(*path);
  if (!mapped) return mapped.error();
  const size_t size = mapped->bytes().size();
  if (*offset < 0 || static_cast<size_t>(*offset) > size || size - static_cast<size_t>(*offset) < bytes) {
    return usage_error(fmt::format("{}: {} bytes are needed at offset {} of the file '{}', which has {}", where, bytes, *offset, path->string(), size));
  }
  file = std::move(*mapped);
  return reinterpret_cast<const uint8_t*>(file.bytes().data()) + *offset;
}

Result<void> check_shape(const Json& place, std::string_view where, const Json& expected) {
  const auto shape = core::get<Json>(place, "shape", where);
  if (!shape) return shape.error();
  if (*shape != expected)
    return usage_error(fmt::format("{}: 'shape' must be {} for this workload, not {}", where, expected.dump(), shape->dump().substr(0, 60)));
  return {};
}

/// Reads a byte of every page, so that no page is fetched from the disk inside a clock.
void bring_in(std::span<const std::byte> bytes) {
  volatile std::byte sink{};
  for (size_t i = 0; i < bytes.size(); i += 4096) sink = bytes[i];
  static_cast<void>(sink);
}

Result<MappedSamples> map_samples(const Json& request, std::string_view split, int64_t count, const network::Network& network, const fs::path& folder) {
  const auto samples = core::get<Json>(request, "samples", kWhere);
  if (!samples) return samples.error();
  const auto part = core::get<Json>(*samples, split, "samples");
  if (!part) return part.error();
  const std::string images_where = fmt::format("samples.{}.images", split), labels_where = fmt::format("samples.{}.labels", split);
  const auto images = core::get<Json>(*part, "images", fmt::format("samples.{}", split));
  if (!images) return images.error();
  const auto labels = core::get<Json>(*part, "labels", fmt::format("samples.{}", split));
  if (!labels) return labels.error();
  if (auto good = check_shape(*images, images_where, {count, network.input.c, network.input.h, network.input.w}); !good) return good.error();
  if (auto good = check_shape(*labels, labels_where, Json::array({count})); !good) return good.error();
  MappedSamples mapped;
  const auto pixels_at = map_bytes(*images, images_where, folder, static_cast<size_t>(count * network.input.size()), mapped.images_file);
  if (!pixels_at) return pixels_at.error();
  const auto labels_at = map_bytes(*labels, labels_where, folder, static_cast<size_t>(count), mapped.labels_file);
  if (!labels_at) return labels_at.error();
  const uint8_t* bad = std::find_if(*labels_at, *labels_at + count, [&](uint8_t label) { return label >= network.classes; });
  if (bad != *labels_at + count) {
    return usage_error(
        fmt::format("{}: sample {} has the label {}, but the network tells only {} classes apart", labels_where, bad - *labels_at, *bad, network.classes));
  }
  mapped.view = {*pixels_at, *labels_at, count, {network.input.c, network.input.h, network.input.w}, static_cast<int>(network.classes)};
  bring_in(std::as_bytes(std::span(*pixels_at, static_cast<size_t>(count * network.input.size()))));
  return mapped;
}

Result<workload::Workload> read_workload(const fs::path& path) {
  const auto text = core::read_file(path);
  if (!text) return text.error();
  const auto json = core::parse_json(*text, fmt::format("the file '{}'", path.string()));
  if (!json) return json.error();
  return workload::from_json(*json);
}

Result<data::NormalisationTable> read_tables(const fs::path& path, int64_t channels) {
  const auto values = read_raw<float>(path, channels * 256);
  if (!values) return values.error();
  data::NormalisationTable table;
  table.channels.resize(static_cast<size_t>(channels));
  for (size_t c = 0; c < table.channels.size(); ++c) std::copy_n(values->begin() + static_cast<std::ptrdiff_t>(c * 256), 256, table.channels[c].begin());
  return table;
}

/// An order must hold every batch of an epoch, and only samples that exist.
Result<core::MappedFile> map_order(const fs::path& path, const workload::Workload& workload, int64_t samples) {
  auto file = core::MappedFile::open(path);
  if (!file) return file.error();
  const workload::Recipe& recipe = workload.recipe;
  const int64_t count = workload.dataset.train_count;
  const int64_t all_steps = data::steps_per_epoch(count, recipe.batch_size, recipe.last_batch);
  const int64_t length = recipe.last_batch == data::LastBatch::kKeep ? count : all_steps * data::resolved_batch_size(count, recipe.batch_size);
  if (file->bytes().size() != static_cast<size_t>(length) * sizeof(int32_t)) {
    return usage_error(fmt::format("the order in the file '{}' has {} bytes; an epoch of this workload has {} indices of 4 bytes", path.string(),
                                   file->bytes().size(), length));
  }
  const std::span indices(reinterpret_cast<const int32_t*>(file->bytes().data()), static_cast<size_t>(length));
  const auto bad = std::find_if(indices.begin(), indices.end(), [&](int32_t index) { return index < 0 || index >= samples; });
  if (bad != indices.end()) {
    return usage_error(fmt::format("the order in the file '{}' has the index {} at place {}, but the samples are 0 to {}", path.string(), *bad,
                                   bad - indices.begin(), samples - 1));
  }
  return file;
}

Result<void> read_orders(const Json& request, const fs::path& folder, TrainingInputs& inputs) {
  const auto names = core::get<Json>(request, "orders", kWhere);
  if (!names) return names.error();
  if (!names->is_array() || names->empty()) return usage_error("the request: 'orders' must be a list of file names");
  for (const Json& name : *names) {
    if (!name.is_string()) return usage_error(fmt::format("the request: 'orders' must hold file names only, not {}", name.dump().substr(0, 40)));
    auto order = map_order(folder / name.get<std::string>(), inputs.workload, inputs.train.view.count);
    if (!order) return order.error();
    inputs.orders.push_back(std::move(*order));
  }
  const auto of_epoch = core::get<Json>(request, "order_of_epoch", kWhere);
  if (!of_epoch) return of_epoch.error();
  const auto epochs = static_cast<size_t>(inputs.workload.recipe.epochs);
  if (!of_epoch->is_array() || of_epoch->size() != epochs) {
    return usage_error(fmt::format("the request: 'order_of_epoch' must be a list of {} integers, one per epoch", epochs));
  }
  for (const Json& index : *of_epoch) {
    const bool good = index.is_number_integer() && index >= 0 && index < inputs.orders.size();
    if (!good) return usage_error(fmt::format("the request: 'order_of_epoch' must hold numbers of the {} orders, not {}", inputs.orders.size(), index.dump()));
    inputs.order_of_epoch.push_back(index.get<int64_t>());
  }
  return {};
}

Result<void> check_recipe(const workload::Workload& workload) {
  const auto channels = static_cast<size_t>(workload.network.input.c);
  if (workload.recipe.mean.size() != channels || workload.recipe.deviation.size() != channels) {
    return usage_error(fmt::format("the workload: {} channels need as many means and deviations", channels));
  }
  if (auto fits = workload::check_passes(workload); !fits) return fits;
  if (workload::steps_per_epoch(workload) < 1) return usage_error("the workload: an epoch has no step");
  return {};
}

Result<uint64_t> read_seed(const Json& request) {
  const auto seed = core::get<Json>(request, "seed", kWhere);
  if (!seed) return seed.error();
  if (!seed->is_number_unsigned()) return usage_error(fmt::format("the request: 'seed' must be an integer of 0 or more, not {}", seed->dump().substr(0, 40)));
  return seed->get<uint64_t>();
}

}  // namespace

std::span<const int32_t> TrainingInputs::batch(int64_t step) const {
  const int64_t per_epoch = workload::steps_per_epoch(workload);
  const int64_t full = data::resolved_batch_size(workload.dataset.train_count, workload.recipe.batch_size);
  const auto order = static_cast<size_t>(order_of_epoch[static_cast<size_t>(step / per_epoch)]);
  const auto* indices = reinterpret_cast<const int32_t*>(orders[order].bytes().data());
  return {indices + step % per_epoch * full, static_cast<size_t>(workload::batch_of_step(workload, step))};
}

Result<TrainingInputs> read_inputs(const Json& request) {
  const int64_t begin = core::now_ns();
  TrainingInputs inputs;
  const auto folder = core::get_or<std::string>(request, "folder", "", kWhere);
  if (!folder) return folder.error();
  const auto workload_path = get_path(request, "workload", kWhere, *folder);
  if (!workload_path) return workload_path.error();
  auto workload = read_workload(*workload_path);
  if (!workload) return workload.error();
  inputs.workload = std::move(*workload);
  inputs.workload_hash = workload::workload_hash(inputs.workload);
  if (auto good = check_recipe(inputs.workload); !good) return good.error();
  const auto seed = read_seed(request);
  if (!seed) return seed.error();
  inputs.seed = *seed;
  const int64_t stored = workload::stored_train_count(inputs.workload);
  auto train = map_samples(request, "train", stored, inputs.workload.network, *folder);
  if (!train) return train.error();
  inputs.train = std::move(*train);
  const int64_t evaluated = workload::evaluation_count(inputs.workload);
  auto evaluation = map_samples(request, "evaluation", evaluated, inputs.workload.network, *folder);
  if (!evaluation) return evaluation.error();
  inputs.evaluation = std::move(*evaluation);
  const auto tables = get_path(request, "tables", kWhere, *folder);
  if (!tables) return tables.error();
  auto normalisation = read_tables(*tables, inputs.workload.network.input.c);
  if (!normalisation) return normalisation.error();
  inputs.normalisation = std::move(*normalisation);
  inputs.bytes = (stored + evaluated) * (inputs.workload.network.input.size() + 1);
  inputs.elapsed_ns = core::now_ns() - begin;
  if (inputs.workload.neighbours) return inputs;  // which have neither orders nor a state
  if (auto orders = read_orders(request, *folder, inputs); !orders) return orders.error();
  const auto state_path = get_path(request, "initial_state", kWhere, *folder);
  if (!state_path) return state_path.error();
  auto state = core::read_safetensors(*state_path);
  if (!state) return state.error();
  inputs.initial_state = std::move(*state);
  inputs.elapsed_ns = core::now_ns() - begin;
  return inputs;
}

}  // namespace trainmark::worker
