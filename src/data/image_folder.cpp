// Two passes: the first hashes every file and reads its header, so that errors come before the work and the size is
// known; the second decodes, only when the cache lacks the result.
#include "data/image_folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <optional>

#include "core/affinity.hpp"
#include "core/hash.hpp"
#include "core/thread_pool.hpp"
#include "data/image.hpp"
#include "data/import_cache.hpp"
#include "data/resize.hpp"

namespace trainmark::data {
namespace {

namespace fs = std::filesystem;
using core::Result;
using core::usage_error;

constexpr int kConversion = 1;  // raised when the same files would become other samples
constexpr int kMaxThreads = 8;
constexpr size_t kChunkBytes = 64 << 20;      // decoded images that are held before they are written
constexpr int64_t kLargestSample = 16 << 20;  // values of one image

struct Survey {
  std::string content;         ///< what the key is a hash of
  std::optional<Shape3> size;  ///< of the first image; channels are those of all
  bool grey = true;            ///< every file has one channel
};

std::string where_of(const fs::path& path) { return fmt::format("the file '{}'", path.string()); }

/// Reads the headers of all images of a split. With `any_size` they may differ.
Result<void> survey_split(const std::vector<ImageFile>& images, bool any_size, std::string_view split, Survey& survey) {
  for (const ImageFile& image : images) {
    const auto file = core::MappedFile::open(image.path);
    if (!file) return file.error();
    const auto header = read_image_header(file->bytes(), where_of(image.path));
    if (!header) return header.error();
    const Shape3 size{1, header->height, header->width};
    if (!survey.size) survey.size = size;
    if (!any_size && size != *survey.size) {
      return usage_error(fmt::format("{} has {} x {} pixels, but the images before it have {} x {}; resize all with the option size={}x{}",
                                     where_of(image.path), size.height, size.width, survey.size->height, survey.size->width, survey.size->height,
                                     survey.size->width));
    }
    survey.grey = survey.grey && header->grey;
    const std::string name = image.path.filename().string();
    survey.content += fmt::format("{} {} {} {} {}\n", split, image.label, name.size(), name, core::sha256_hex(file->bytes()));
  }
  return {};
}

/// The class's planes of one image, (channels, height, width), at `out`.
Result<void> read_sample(const fs::path& path, const Shape3& shape, uint8_t* out) {
  const auto file = core::MappedFile::open(path);
  if (!file) return file.error();
  auto image = decode_image(file->bytes(), where_of(path));
  if (!image) return image.error();
  if (image->height != shape.height || image->width != shape.width)
    image->rgb = resize_area(image->rgb, image->height, image->width, 3, shape.height, shape.width);
  const int64_t plane = shape.height * shape.width;
  for (int64_t i = 0; i < plane; ++i) {
    const uint8_t* rgb = image->rgb.data() + 3 * i;
    if (shape.channels == 1) {
      out[i] = static_cast<uint8_t>((77 * rgb[0] + 150 * rgb[1] + 29 * rgb[2] + 128) >> 8);  // ITU-R BT.601
    } else {
      for (int64_t c = 0; c < 3; ++c) out[c * plane + i] = rgb[c];
    }
  }
  return {};
}

/// Decodes one split into an IDX file, chunk by chunk, so that a large split needs no more memory than a small one.
Result<void> write_images(const std::vector<ImageFile>& images, const Shape3& shape, const fs::path& path) {
  core::ThreadPool pool(std::clamp(static_cast<int>(core::allowed_cpus().size()), 1, kMaxThreads));
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << idx_images_header(static_cast<int64_t>(images.size()), shape);
  const auto size = static_cast<size_t>(shape.size());
  const size_t chunk = std::min(kChunkBytes / size, images.size());
  std::vector<uint8_t> pixels(chunk * size);
  for (size_t first = 0; first < images.size() && file; first += chunk) {
    const size_t count = std::min(chunk, images.size() - first);
    std::vector<std::optional<core::Error>> errors(count);
    pool.run(static_cast<int>(count), [&](int task, int) {
      const auto i = static_cast<size_t>(task);
      if (auto read = read_sample(images[first + i].path, shape, pixels.data() + i * size); !read) errors[i] = read.error();
    });
    for (const auto& error : errors) {
      if (error) return *error;
    }
    file.write(reinterpret_cast<const char*>(pixels.data()), static_cast<std::streamsize>(count * size));
  }
  file.close();
  if (!file) return core::tool_error(fmt::format("cannot write the file '{}' of {} images: is the disk full?", path.string(), images.size()));
  return {};
}

std::vector<uint8_t> labels_of(const std::vector<ImageFile>& images) {
  std::vector<uint8_t> labels;
  for (const ImageFile& image : images) labels.push_back(image.label);
  return labels;
}

Result<void> convert(const ImageFiles& files, const Shape3& shape, const fs::path& folder) {
  const ImportedFiles into(folder);
  if (auto written = write_images(files.train, shape, into.train_images); !written) return written;
  if (auto written = write_images(files.test, shape, into.test_images); !written) return written;
  if (auto written = write_idx_labels(into.train_labels, labels_of(files.train)); !written) return written;
  return write_idx_labels(into.test_labels, labels_of(files.test));
}

Result<Shape3> choose_shape(const DatasetName& name, const Survey& survey) {
  Shape3 shape = *survey.size;
  if (const std::string wanted = name.option("size"); !wanted.empty()) {
    const auto size = parse_shape(wanted, "the option size");
    if (!size) return size.error();
    if (std::count(wanted.begin(), wanted.end(), 'x') != 1) return usage_error(fmt::format("the option size is '{}', but must be HEIGHTxWIDTH", wanted));
    shape = *size;
  }
  shape.channels = survey.grey ? 1 : 3;
  if (const std::string wanted = name.option("channels"); !wanted.empty()) {
    if (wanted != "1" && wanted != "3") return usage_error(fmt::format("the option channels is '{}', but must be 1 (grey) or 3 (red, green, blue)", wanted));
    shape.channels = wanted == "1" ? 1 : 3;
  }
  if (shape.size() > kLargestSample) {
    return usage_error(fmt::format("the images of '{}' would be samples of {} x {} x {} values, more than {}; make them smaller with the option size=HxW",
                                   name.path.string(), shape.channels, shape.height, shape.width, kLargestSample));
  }
  return shape;
}

}  // namespace

Result<Dataset> load_image_folder(const DatasetName& name) {
  if (auto good = check_options(name, {"size", "channels"}); !good) return good.error();
  const auto files = find_images(name.path);
  if (!files) return files.error();
  Survey survey;
  const bool any_size = !name.option("size").empty();
  if (auto read = survey_split(files->train, any_size, "train", survey); !read) return read.error();
  if (auto read = survey_split(files->test, any_size, "test", survey); !read) return read.error();
  const auto shape = choose_shape(name, survey);
  if (!shape) return shape.error();
  std::string content = fmt::format("folder {} {} {} {}\n{}", kConversion, shape->channels, shape->height, shape->width, survey.content);
  for (const std::string& label : files->classes) content += fmt::format("{} {}\n", label.size(), label);
  auto dataset = load_imported(core::sha256_hex(content).substr(0, 32), "folder", [&](const fs::path& folder) -> Result<std::vector<std::string>> {
    if (auto written = convert(*files, *shape, folder); !written) return written.error();
    return files->classes;
  });
  if (!dataset) return dataset.error();
  dataset->name = name.title();
  dataset->provenance = fmt::format("the user's image folder '{}'", fs::absolute(name.path).lexically_normal().filename().string());
  return dataset;
}

}  // namespace trainmark::data
