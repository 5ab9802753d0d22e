#include "data/csv_dataset.hpp"

#include <fmt/format.h>

#include <cmath>

#include "core/hash.hpp"
#include "data/csv.hpp"
#include "data/csv_labels.hpp"
#include "data/held_out.hpp"
#include "data/import_cache.hpp"

namespace trainmark::data {
namespace {

namespace fs = std::filesystem;
using core::Result;
using core::usage_error;

constexpr int kConversion = 1;  // raised when the same file would become other samples

/// A CSV file and what it is called in errors.
struct Source {
  core::MappedFile file;
  std::string where;
  std::string_view text() const { return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()}; }
};

Result<Source> open_source(const fs::path& path) {
  auto file = core::MappedFile::open(path);
  if (!file) return file.error();
  return Source{std::move(*file), fmt::format("the file '{}'", path.string())};
}

Result<CsvOptions> read_options(const DatasetName& name) {
  CsvOptions options;
  options.label = name.option("label");
  const std::string header = name.option("header"), separator = name.option("separator");
  if (header == "yes" || header == "no") {
    options.header = header == "yes";
  } else if (!header.empty()) {
    return usage_error(fmt::format("the data set '{}': the option header is '{}', but must be yes or no", name.text, header));
  }
  if (separator == "tab") {
    options.separator = '\t';
  } else if (separator.size() == 1 && std::string_view("0123456789\"\r\n").find(separator) == std::string_view::npos) {
    options.separator = separator.front();
  } else if (!separator.empty()) {
    return usage_error(
        fmt::format("the data set '{}': the option separator is '{}', but must be tab or one character that is no digit and no quote", name.text, separator));
  }
  return options;
}

Result<Shape3> choose_shape(const DatasetName& name, const CsvTable& table, std::string_view where) {
  const std::string wanted = name.option("shape");
  if (wanted.empty()) return shape_of_columns(table.columns);
  const auto shape = parse_shape(wanted, "the option shape");
  if (!shape) return shape.error();
  if (shape->size() != table.columns) {
    return usage_error(fmt::format("{} has {} pixels in a line, but the option shape is {}, which are {}", where, table.columns, wanted, shape->size()));
  }
  return shape;
}

Result<std::pair<OwnedSamples, OwnedSamples>> read_test(const Source& source, const CsvOptions& options, const CsvTable& train, const CsvClasses& classes,
                                                        OwnedSamples samples) {
  auto test = parse_csv(source.text(), options, source.where);
  if (!test) return test.error();
  if (test->columns != train.columns) {
    return usage_error(fmt::format("{} has {} pixels in a line, but the training file has {}{}", source.where, test->columns, train.columns,
                                   test->columns + 1 == train.columns ? "; it seems to have no labels (as Kaggle's test.csv), and cannot test anything" : ""));
  }
  auto labels = classes_of_rows(*test, classes, source.text(), source.where);
  if (!labels) return labels.error();
  return std::pair(std::move(samples), OwnedSamples{std::move(test->pixels), std::move(*labels)});
}

/// Both files into IDX files of `folder`.
Result<std::vector<std::string>> convert(const DatasetName& name, const CsvOptions& options, const Source& source, const Source* test, const fs::path& folder) {
  auto table = parse_csv(source.text(), options, source.where);
  if (!table) return table.error();
  const auto shape = choose_shape(name, *table, source.where);
  if (!shape) return shape.error();
  auto classes = find_classes(*table, source.text(), source.where);
  if (!classes) return classes.error();
  auto labels = classes_of_rows(*table, *classes, source.text(), source.where);
  if (!labels) return labels.error();
  OwnedSamples samples{std::move(table->pixels), std::move(*labels)};
  Result<std::pair<OwnedSamples, OwnedSamples>> splits = core::usage_error("");
  if (test != nullptr) {
    splits = read_test(*test, options, *table, *classes, std::move(samples));
  } else {
    const auto mask = held_out(static_cast<int64_t>(samples.labels.size()), source.where);
    if (!mask) return mask.error();
    splits = split_samples(samples, *shape, *mask);
  }
  if (!splits) return splits.error();
  if (auto written = write_imported(folder, *shape, splits->first, splits->second); !written) return written.error();
  return std::move(classes->names);
}

}  // namespace

Shape3 shape_of_columns(int64_t columns) {
  const auto side = static_cast<int64_t>(std::llround(std::sqrt(static_cast<double>(columns))));
  return side * side == columns ? Shape3{1, side, side} : Shape3{1, 1, columns};
}

Result<Dataset> load_csv(const DatasetName& name) {
  if (auto good = check_options(name, {"label", "header", "separator", "shape", "test"}); !good) return good.error();
  const auto options = read_options(name);
  if (!options) return options.error();
  const auto source = open_source(name.path);
  if (!source) return source.error();
  const std::string test_path = name.option("test");
  const auto test = test_path.empty() ? Result<Source>(Source{}) : open_source(test_path);
  if (!test) return test.error();
  std::string content = fmt::format("csv {}\n{}\n", kConversion, core::sha256_hex(source->file.bytes()));
  if (!test_path.empty()) content += core::sha256_hex(test->file.bytes()) + "\n";
  for (const auto& [key, value] : name.options) {
    if (key != "test") content += fmt::format("{} {}={}\n", value.size(), key, value);
  }
  auto dataset = load_imported(core::sha256_hex(content).substr(0, 32), "csv",
                               [&](const fs::path& folder) { return convert(name, *options, *source, test_path.empty() ? nullptr : &*test, folder); });
  if (!dataset) return dataset.error();
  dataset->name = name.title();
  dataset->provenance =
      fmt::format("the user's CSV file '{}', {}", name.path.filename().string(),
                  test_path.empty() ? "a fifth of its rows held out for testing" : "tested on '" + fs::path(test_path).filename().string() + "'");
  return dataset;
}

}  // namespace trainmark::data
