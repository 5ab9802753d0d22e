// Every kernel of every instruction set gives the classes of the plain search, for shapes that fit no vector.
#include <gtest/gtest.h>

#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "backends/cpu/neighbour_search.hpp"
#include "backends/cpu/targets.hpp"
#include "backends/reference/neighbours.hpp"

namespace trainmark::backends::cpu {
namespace {

struct Case {
  int64_t images, queries, pixels, k;
  int low = 0, high = 255;  // of pixels: few values make many equal distances
};

std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << c.images << " images of " << c.pixels << " values from " << c.low << " to " << c.high << ", " << c.queries << " queries, k = " << c.k;
}

std::vector<Case> cases() {
  std::vector<Case> all = {{100, 1, 784, 5},
                           {1000, 37, 784, 5},
                           {33, 500, 27, 3},
                           {64, 13, 3072, 7},
                           {300, 241, 5, 1, 0, 1},
                           {300, 25, 8, 10, 0, 1},
                           {50, 12, 784, 5, 0, 0},
                           {50, 12, 784, 5, 255, 255},
                           {40, 30, 16'384, 2, 254, 255},
                           {1, 3, 10, 1},
                           {5, 3, 10, 5}};
  for (int64_t pixels = 1; pixels <= 17; ++pixels) all.push_back({31 + pixels, 5 + pixels, pixels, 4, 0, 3});
  return all;
}

// Exactly sized, so that a sanitizer sees whoever reads behind the end.
std::vector<uint8_t> random_bytes(int64_t count, int low, int high, std::mt19937& random) {
  std::vector<uint8_t> bytes(static_cast<size_t>(count));
  for (auto& byte : bytes) byte = static_cast<uint8_t>(std::uniform_int_distribution<int>(low, high)(random));
  return bytes;
}

void expect_same_classes(const NeighbourKernel& kernel, const Case& c, int threads) {
  std::mt19937 random(static_cast<unsigned>(c.images * 7919 + c.pixels));
  const auto images = random_bytes(c.images * c.pixels, c.low, c.high, random), labels = random_bytes(c.images, 0, 9, random);
  const auto queries = random_bytes(c.queries * c.pixels, c.low, c.high, random);
  const data::SamplesView train{images.data(), labels.data(), c.images, {1, 1, c.pixels}, 10}, asked{queries.data(), nullptr, c.queries, {1, 1, c.pixels}, 10};
  std::vector<int32_t> all(static_cast<size_t>(c.queries));
  std::iota(all.begin(), all.end(), 0);
  core::ThreadPool pool(1);
  const auto expected = reference::votes(train, asked, all, c.k, reference::Metric::kSquared, pool);
  const auto search = make_search(kernel, threads);
  ASSERT_TRUE(search->fit(train, c.k).ok());
  std::vector<int32_t> classes(all.size() + 1, -7);
  search->predict(queries.data(), c.queries, classes.data());
  for (size_t q = 0; q < all.size(); ++q) ASSERT_EQ(classes[q], expected[q].predicted) << kernel.name << ": query " << q << " of " << c;
  EXPECT_EQ(classes.back(), -7);
}

TEST(Neighbours, EveryKernelGivesTheClassesOfThePlainSearch) {
  for (const std::string& isa : supported_isas()) {
    SCOPED_TRACE(isa);
    ASSERT_FALSE(neighbour_kernels(isa).empty());
    for (const NeighbourKernel& kernel : neighbour_kernels(isa)) {
      for (const Case& c : cases()) expect_same_classes(kernel, c, 1);
    }
  }
}

TEST(Neighbours, ThreadsDoNotChangeTheAnswer) {
  for (const int threads : {2, 3}) {
    for (const int64_t queries : {1, 2, 241, 1000}) expect_same_classes(neighbour_kernels("").front(), {90, queries, 20, 5, 0, 2}, threads);
  }
}

TEST(Neighbours, ASecondFitReplacesTheFirst) {
  const std::vector<uint8_t> dark(64, 0), bright(64, 200), query(8, 190), zeros(8, 0), ones(8, 1);
  const auto search = make_search(neighbour_kernels("").front(), 1);
  int32_t given = -1;
  ASSERT_TRUE(search->fit({dark.data(), zeros.data(), 8, {1, 1, 8}, 10}, 3).ok());
  search->predict(query.data(), 1, &given);
  EXPECT_EQ(given, 0);
  ASSERT_TRUE(search->fit({bright.data(), ones.data(), 8, {1, 1, 8}, 10}, 8).ok());
  search->predict(query.data(), 1, &given);
  EXPECT_EQ(given, 1);
}

TEST(Neighbours, MoreNeighboursThanImagesAreRefused) {
  const std::vector<uint8_t> bytes(8, 0);
  const auto search = create_neighbours({}).value();
  EXPECT_FALSE(search->fit({bytes.data(), bytes.data(), 2, {1, 1, 4}, 10}, 3).ok());
  EXPECT_FALSE(search->fit({bytes.data(), bytes.data(), 2, {1, 1, 4}, 10}, 0).ok());
}

TEST(Neighbours, AnUnknownInstructionSetIsRefused) {
  EngineOptions options;
  options.isa = "abacus";
  EXPECT_FALSE(create_neighbours(options).ok());
}

}  // namespace
}  // namespace trainmark::backends::cpu
