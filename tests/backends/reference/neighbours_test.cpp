// The plain search: worked out by hand, because everything else is held against it.
#include "backends/reference/neighbours.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace trainmark::backends::reference {
namespace {

std::vector<int32_t> classes_of(const Vote& vote) {
  std::vector<int32_t> classes;
  for (size_t c = 0; c < vote.possible.size(); ++c) {
    if (vote.possible.test(c)) classes.push_back(static_cast<int32_t>(c));
  }
  return classes;
}

TEST(Vote, IsThatOfTheNearest) {
  const std::vector<int32_t> distances = {9, 1, 5, 3, 7};
  const std::vector<uint8_t> labels = {4, 2, 3, 3, 4};
  EXPECT_EQ(vote(distances, labels.data(), 1).predicted, 2);
  EXPECT_EQ(vote(distances, labels.data(), 3).predicted, 3);
  EXPECT_EQ(vote(distances, labels.data(), 5).predicted, 3);  // 3 and 4 have two votes each: the lower class
  EXPECT_EQ(classes_of(vote(distances, labels.data(), 3)), std::vector<int32_t>{3});
}

TEST(Vote, OfEqualDistancesTheLowestIndicesVoteAndOthersArePossible) {
  const std::vector<int32_t> distances = {5, 5, 5, 5};
  const std::vector<uint8_t> labels = {7, 1, 9, 1};
  const Vote one = vote(distances, labels.data(), 1);
  EXPECT_EQ(one.predicted, 7);
  EXPECT_EQ(classes_of(one), (std::vector<int32_t>{1, 7, 9}));
  const Vote three = vote(distances, labels.data(), 3);  // 7 1 9 -> 1; 7 1 1 and 1 9 1 -> 1; so nothing but 1
  EXPECT_EQ(three.predicted, 1);
  EXPECT_EQ(classes_of(three), std::vector<int32_t>{1});
}

TEST(Vote, AClassThatNoChoiceGivesIsNotPossible) {
  // Two surely vote 8; one of the three at distance 4 joins them: nobody can overtake.
  const std::vector<int32_t> distances = {4, 2, 4, 2, 4};
  const std::vector<uint8_t> labels = {0, 8, 1, 8, 2};
  const Vote v = vote(distances, labels.data(), 3);
  EXPECT_EQ(v.predicted, 8);
  EXPECT_EQ(classes_of(v), std::vector<int32_t>{8});
}

TEST(Vote, TheTiedVotesThatAClassDoesNotNeedMustGoSomewhere) {
  // One sure vote for 3; two of {5, 5} must be taken: 3 cannot win, 5 does.
  const std::vector<int32_t> distances = {1, 6, 6};
  const std::vector<uint8_t> labels = {3, 5, 5};
  const Vote v = vote(distances, labels.data(), 3);
  EXPECT_EQ(classes_of(v), std::vector<int32_t>{5});
}

TEST(Votes, AreOfSquaredOrAbsoluteDifferences) {
  // To the query (0, 0): image 0 is (3, 3), squared 18, absolute 6; image 1 is (5, 0), squared 25, absolute 5.
  const std::vector<uint8_t> images = {3, 3, 5, 0}, labels = {0, 1}, query = {0, 0};
  const data::SamplesView train{images.data(), labels.data(), 2, {1, 1, 2}, 2}, queries{query.data(), nullptr, 1, {1, 1, 2}, 2};
  const std::vector<int32_t> first = {0};
  core::ThreadPool pool(1);
  EXPECT_EQ(votes(train, queries, first, 1, Metric::kSquared, pool)[0].predicted, 0);
  EXPECT_EQ(votes(train, queries, first, 1, Metric::kAbsolute, pool)[0].predicted, 1);
}

TEST(Search, RefusesWhatItCannotDo) {
  const auto search = create_neighbours({}).value();
  const std::vector<uint8_t> images(20'000, 0), labels = {0, 1};
  EXPECT_EQ(search->fit({images.data(), labels.data(), 2, {1, 1, 4}, 2}, 3).error().message,
            "3 nearest neighbours cannot be found among 2 training samples; k must be from 1 to that");
  const auto large = search->fit({images.data(), labels.data(), 1, {1, 100, 200}, 2}, 1);
  EXPECT_EQ(large.error().kind, core::ErrorKind::kUnavailable);
  EXPECT_NE(large.error().message.find("at most 16384"), std::string::npos);
}

}  // namespace
}  // namespace trainmark::backends::reference
