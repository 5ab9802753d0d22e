// Reading CSV from a mapped file on one core: bytes of text per second.
//
// `digits` is what the format is for (synthetic digits in Kaggle's form, most pixels black), `noise` the worst case (every
// pixel random, so the number of its digits cannot be predicted), `quoted` the form that takes the plain path.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <filesystem>

#include "core/file.hpp"
#include "core/philox.hpp"
#include "data/csv.hpp"
#include "data/synthetic_digits.hpp"

namespace trainmark::bench {
namespace {

constexpr int64_t kRows = 10'000;
constexpr size_t kPixels = 784;

std::string make_text(const std::string& kind) {
  const auto samples = data::make_synthetic(data::SyntheticSplit::kTrain, kRows, 1);
  core::Philox random(1);
  const char* quote = kind == "quoted" ? "\"" : "";
  std::string text = "label";
  for (size_t i = 0; i < kPixels; ++i) text += fmt::format(",pixel{}", i);
  for (size_t row = 0; row < kRows; ++row) {
    text += fmt::format("\n{}", samples.labels[row]);
    for (size_t i = 0; i < kPixels; ++i) {
      const unsigned pixel = kind == "noise" ? random.below(256) : samples.pixels[row * kPixels + i];
      text += fmt::format(",{0}{1}{0}", quote, pixel);
    }
  }
  return text + "\n";
}

void read_csv(benchmark::State& state, const std::string& kind) {
  const auto folder = core::TemporaryFolder::make(std::filesystem::temp_directory_path(), "trainmark-bench").value();
  const auto path = folder.path() / "digits.csv";
  core::write_file(path, make_text(kind)).value();
  const auto file = core::MappedFile::open(path).value();
  const std::string_view text(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
  for (auto _ : state) {
    auto table = data::parse_csv(text, {}, "the benchmark");
    benchmark::DoNotOptimize(table.value().pixels.data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(text.size()));
}

}  // namespace

void register_csv() {
  for (const char* kind : {"digits", "noise", "quoted"}) {
    benchmark::RegisterBenchmark(fmt::format("csv/{}", kind).c_str(), [kind](benchmark::State& state) {
      read_csv(state, kind);
    })->Unit(benchmark::kMillisecond);
  }
}

}  // namespace trainmark::bench
