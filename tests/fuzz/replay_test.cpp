// The corpus of every fuzz target in the ordinary build, without clang: inputs that once ended the program do not again.
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>

#include "fuzz/archive.hpp"
#include "fuzz/client.hpp"
#include "fuzz/csv.hpp"
#include "fuzz/idx.hpp"
#include "fuzz/image.hpp"
#include "fuzz/image_folder.hpp"
#include "fuzz/safetensors.hpp"
#include "fuzz/store.hpp"
#include "fuzz/study.hpp"
#include "fuzz/worker.hpp"
#include "fuzz/workload.hpp"
#include "support/source_folder.hpp"

namespace trainmark::fuzz {
namespace {

struct Target {
  const char* name;
  bool (*run)(Input input);
  std::vector<std::string> good;  ///< inputs that must be accepted: else the corpus would no longer reach what lies behind
};

const Target kTargets[] = {{"archive", archive, {"plain.tar", "packed.tar.gz", "long_name.tar", "gnu.tar"}},
                           {"client", client, {"all_good"}},
                           {"csv", csv, {"kaggle", "zeros", "names", "label_last", "spaces", "blank_lines"}},
                           {"idx", idx, {"grey", "colour", "gzip", "two_members"}},
                           {"image", image, {"grey.png", "grey_alpha.png", "rgb.png", "rgba.png", "palette.png", "deep.png", "text.png", "interlaced.png"}},
                           {"image_folder", image_folder, {"plain", "splits", "hidden"}},
                           {"safetensors", safetensors, {"three_types", "empty", "no_values", "nan"}},
                           {"store_file", store_file, {"sound"}},
                           {"store_sql", store_sql, {"second_run"}},
                           {"study", study, {"quick.toml", "small.toml"}},
                           {"worker", worker_requests, {"reference", "cpu"}},
                           {"workload", workload_json, {"mnist-mlp", "mnist-cnn"}}};

/// How tests are listed.
void PrintTo(const Target& target, std::ostream* out) { *out << target.name; }

class FuzzCorpus : public testing::TestWithParam<Target> {};

TEST_P(FuzzCorpus, EveryInputIsReadOrRefused) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(tests::source_folder() / "tests/fuzz/corpus" / GetParam().name)) files.push_back(entry.path());
  ASSERT_FALSE(files.empty());
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    SCOPED_TRACE(file.string());
    const std::string bytes = core::read_file(file).value();
    const bool accepted = GetParam().run({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
    const auto& good = GetParam().good;
    EXPECT_TRUE(accepted || std::find(good.begin(), good.end(), file.filename()) == good.end());
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, FuzzCorpus, testing::ValuesIn(kTargets), [](const auto& param) { return std::string(param.param.name); });

TEST(FuzzCorpusFolders, HaveATargetEach) {
  for (const auto& entry : std::filesystem::directory_iterator(tests::source_folder() / "tests/fuzz/corpus")) {
    const auto known = [&](const Target& target) { return entry.path().filename() == target.name; };
    EXPECT_TRUE(std::any_of(std::begin(kTargets), std::end(kTargets), known)) << entry.path();
  }
}

}  // namespace
}  // namespace trainmark::fuzz
