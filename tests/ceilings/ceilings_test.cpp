// Looking ceilings up, putting two measurements together, JSON, and the file that keeps them.
#include "ceilings/ceilings.hpp"

#include <gtest/gtest.h>

#include "ceilings/cache_file.hpp"
#include "core/file.hpp"

namespace trainmark::ceilings {
namespace {

Ceilings made_up() {
  Ceilings c;
  c.machine = {{"cpu", "Scripted CPU"}, {"kernel", "6.1"}};
  c.full = true;
  c.measured_wall_ns = 1'700'000'000'000'000'000;
  c.elapsed_s = 1.5;
  c.peaks = {
      {"avx512", "float32", "multiply-add", 1, 200, 190}, {"avx2", "float32", "multiply-add", 1, 210, 200}, {"avx512", "float32", "multiply-add", 2, 400, 390}};
  c.levels = {{"L1", "load", 1, 24 << 10, 300, 290}, {"L1", "triad", 1, 24 << 10, 200, 190}, {"memory", "triad", 1, 128 << 20, 20, 19}};
  c.sweep = {{"", "load", 1, 8 << 10, 310, 300}};
  c.latencies = {{0, 1, 45, 50}};
  c.capacities = {{"L1", 1, 32 << 10}, {"L2", 1, 1 << 20}, {"L1", 2, 64 << 10}, {"L2", 2, 2 << 20}};
  c.missing = {{"int8 arithmetic", "no instruction"}};
  return c;
}

TEST(Ceilings, TheHighestPeakOfATypeCountsWhateverTheInstructionSet) {
  EXPECT_EQ(peak_gops(made_up(), "float32", 1), 210);
  EXPECT_EQ(peak_gops(made_up(), "float32", 2), 400);
  EXPECT_EQ(peak_gops(made_up(), "float32", 4), std::nullopt);
  EXPECT_EQ(peak_gops(made_up(), "int8", 1), std::nullopt);
}

TEST(Ceilings, BandwidthIsTheBestPatternOrTheBestOfThoseAskedFor) {
  EXPECT_EQ(bandwidth_gbs(made_up(), "L1", 1), 300);
  EXPECT_EQ(bandwidth_gbs(made_up(), "L1", 1, {"triad", "update"}), 200);
  EXPECT_EQ(bandwidth_gbs(made_up(), "L3", 1), std::nullopt);
  EXPECT_EQ(capacity_bytes(made_up(), "L1", 2), 64 << 10);
  EXPECT_EQ(capacity_bytes(made_up(), "", 1), 1 << 20) << "the last level";
}

TEST(Ceilings, OfTwoMeasurementsTheBetterOfEachFigureCounts) {
  Ceilings other = made_up();
  other.peaks[0].gops = 250;
  other.peaks[1].gops = 100;
  other.levels[2].gbs = 25;
  other.latencies[0].ns = 40;
  other.peaks.push_back({"amx", "bfloat16", "tdpbf16ps", 1, 1000, 900});
  const Ceilings best = best_of(made_up(), other);
  EXPECT_EQ(peak_gops(best, "float32", 1), 250);
  EXPECT_EQ(best.peaks[1].gops, 210);
  EXPECT_EQ(bandwidth_gbs(best, "memory", 1), 25);
  EXPECT_EQ(best.latencies[0].ns, 40);
  EXPECT_EQ(peak_gops(best, "bfloat16", 1), 1000);
}

TEST(Ceilings, JsonKeepsEverything) {
  const core::Json json = to_json(made_up());
  const auto back = from_json(json);
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(to_json(*back), json);
  EXPECT_EQ(json["arithmetic"][0]["gop_per_s"], 200);
  EXPECT_EQ(json["sweep"][0]["level"], nullptr) << "a working set of the sweep is of no level";
}

TEST(Ceilings, JsonThatLacksAMemberIsRefusedWithItsName) {
  for (const char* key : {"form", "arithmetic", "capacities", "machine"}) {
    core::Json json = to_json(made_up());
    json.erase(key);
    const auto back = from_json(json);
    ASSERT_FALSE(back.ok()) << key;
    EXPECT_NE(back.error().message.find(std::string("'") + key + "'"), std::string::npos) << back.error().message;
  }
  core::Json json = to_json(made_up());
  json["arithmetic"][1]["gop_per_s"] = "many";
  EXPECT_FALSE(from_json(json).ok());
  json = to_json(made_up());
  json["core_to_core"] = 45;
  EXPECT_FALSE(from_json(json).ok());
}

class CeilingsFile : public testing::Test {
 protected:
  core::TemporaryFolder folder_ = core::TemporaryFolder::make(std::filesystem::temp_directory_path(), "trainmark-ceilings").value();
  std::filesystem::path file_ = folder_.path() / "ceilings.json";
  std::string why_;
};

TEST_F(CeilingsFile, IsUsedAsLongAsTheStateOfTheMachineIsTheSame) {
  EXPECT_FALSE(cached(file_, made_up().machine, {1}, why_));
  EXPECT_NE(why_.find("not measured"), std::string::npos) << why_;
  keep(file_, made_up()).value();
  const auto found = cached(file_, made_up().machine, {1, 2}, why_);
  ASSERT_TRUE(found) << why_;
  EXPECT_EQ(to_json(*found), to_json(made_up()));
  EXPECT_EQ(why_, "");
}

TEST_F(CeilingsFile, IsNotUsedWhenTheStateChangedAndSaysWhat) {
  keep(file_, made_up()).value();
  core::Json now = made_up().machine;
  now["kernel"] = "6.2";
  EXPECT_FALSE(cached(file_, now, {1}, why_));
  EXPECT_EQ(why_, "kernel was \"6.1\" then, and is \"6.2\" now");
  now = made_up().machine;
  now["governor"] = "performance";
  EXPECT_FALSE(cached(file_, now, {1}, why_));
  now = {{"cpu", "Scripted CPU"}};
  EXPECT_FALSE(cached(file_, now, {1}, why_));
  EXPECT_FALSE(cached(file_, made_up().machine, {1, 4}, why_));
  EXPECT_EQ(why_, "not measured with 4 threads before");
}

TEST_F(CeilingsFile, ThatIsDamagedCountsAsNone) {
  for (const char* text : {"", "{", "[]", "{\"form\": 1}"}) {
    core::write_file(file_, std::string_view(text)).value();
    EXPECT_FALSE(cached(file_, made_up().machine, {1}, why_)) << text;
    EXPECT_FALSE(why_.empty());
  }
}

}  // namespace
}  // namespace trainmark::ceilings
