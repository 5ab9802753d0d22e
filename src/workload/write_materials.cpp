// Materials as files: what every worker reads, whatever its language. docs/protocol.md describes each format.
//
// They live as long as a trial and nobody reads them before write_materials returns, so they are not flushed to the disk:
// a flush costs about 10 ms, and a shuffled training has a file for every epoch.
#include <fmt/format.h>

#include <array>
#include <fstream>

#include "core/file.hpp"
#include "workload/materials.hpp"

namespace trainmark::workload {
namespace {

namespace fs = std::filesystem;
using core::Json;
using core::Result;

Result<void> write_plain(const fs::path& path, std::span<const std::byte> bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) return core::tool_error(fmt::format("cannot write the file '{}' of {} bytes: is the disk full?", path.string(), bytes.size()));
  return {};
}

// Where a range of bytes lies in a file: in the data set's own when it was mapped from there, else in a copy.
Result<Json> place_bytes(std::span<const std::byte> bytes, const fs::path& own_file, std::span<const std::byte> own_bytes, const fs::path& copy) {
  const bool mapped = !own_bytes.empty() && bytes.data() >= own_bytes.data() && bytes.data() + bytes.size() <= own_bytes.data() + own_bytes.size();
  if (mapped) return Json{{"file", fs::absolute(own_file).string()}, {"offset", bytes.data() - own_bytes.data()}};
  if (auto written = write_plain(copy, bytes); !written) return written.error();
  return Json{{"file", fs::absolute(copy).string()}, {"offset", 0}};
}

Result<Json> place_samples(const data::SamplesView& samples, const data::Split& split, const fs::path& folder, std::string_view name) {
  const auto count = static_cast<size_t>(samples.count);
  const auto pixels = std::as_bytes(std::span(samples.pixels, count * static_cast<size_t>(samples.shape.size())));
  const auto labels = std::as_bytes(std::span(samples.labels, count));
  auto images_at = place_bytes(pixels, split.images_path, split.images_file.bytes(), folder / fmt::format("{}-images.u8", name));
  if (!images_at) return images_at.error();
  auto labels_at = place_bytes(labels, split.labels_path, split.labels_file.bytes(), folder / fmt::format("{}-labels.u8", name));
  if (!labels_at) return labels_at.error();
  (*images_at)["shape"] = {samples.count, samples.shape.channels, samples.shape.height, samples.shape.width};
  (*labels_at)["shape"] = Json::array({samples.count});
  return Json{{"count", samples.count}, {"images", *images_at}, {"labels", *labels_at}};
}

Result<void> write_tables(const data::NormalisationTable& table, const fs::path& path) {
  static_assert(sizeof(std::array<float, 256>) == 1024);
  return write_plain(path, std::as_bytes(std::span(table.channels)));
}

// One file per distinct epoch order; unshuffled trainings have a single one.
Result<void> write_orders(const Materials& materials, const fs::path& folder, MaterialFiles& files) {
  if (materials.workload.neighbours) return {};
  const Recipe& recipe = materials.workload.recipe;
  const int64_t distinct = recipe.shuffle ? recipe.epochs : 1;
  for (int64_t epoch = 0; epoch < distinct; ++epoch) {
    const fs::path path = folder / fmt::format("order-{}.i32", epoch);
    if (auto written = write_plain(path, std::as_bytes(std::span(materials.order(epoch)))); !written) return written.error();
    files.orders.push_back(path);
  }
  for (int64_t epoch = 0; epoch < recipe.epochs; ++epoch) files.order_of_epoch.push_back(recipe.shuffle ? epoch : 0);
  return {};
}

}  // namespace

Result<MaterialFiles> write_materials(const Materials& materials, const fs::path& folder) {
  std::error_code failure;
  fs::create_directories(folder, failure);
  if (failure) return core::tool_error(fmt::format("cannot make the folder '{}' for the files of a trial: {}", folder.string(), failure.message()));
  const fs::path root = fs::absolute(folder);
  MaterialFiles files;
  files.seed = materials.seed;
  files.workload = root / "workload.json";
  files.initial_state = root / "initial-state.safetensors";
  files.tables = root / "tables.f32";
  const std::string text = to_json(materials.workload).dump(1);
  if (auto written = write_plain(files.workload, std::as_bytes(std::span(text))); !written) return written.error();
  if (auto written = core::write_safetensors(files.initial_state, materials.initial_state); !written) return written.error();
  if (auto written = write_tables(materials.normalisation, files.tables); !written) return written.error();
  if (auto written = write_orders(materials, root, files); !written) return written.error();
  const bool validation = materials.workload.dataset.validation_count > 0;
  auto train = place_samples(materials.train, materials.dataset->train, root, "train");
  if (!train) return train.error();
  auto evaluation = place_samples(materials.evaluation, validation ? materials.dataset->train : materials.dataset->test, root, "evaluation");
  if (!evaluation) return evaluation.error();
  files.samples = Json{{"train", *train}, {"evaluation", *evaluation}};
  return files;
}

}  // namespace trainmark::workload
