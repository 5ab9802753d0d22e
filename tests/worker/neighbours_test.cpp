// The native worker's searches through its protocol: what is refused in words, and that the right queries are answered.
#include <gtest/gtest.h>

#include "backends/reference/neighbours.hpp"
#include "worker_testing.hpp"

namespace trainmark::worker {
namespace {

class NeighboursWorker : public testing::TestWithParam<const char*> {
 protected:
  NeighboursWorker() {
    tests::TinyOptions options;
    options.network = "mnist-knn";
    options.train_count = 40;
    options.test_count = 25;
    options.batch_size = 10;
    tiny_ = tests::make_tiny(options);
  }
  std::string refusal_of(const Answer<Predicted>& answer) { return answer.ok() ? "answered" : answer.failure().message; }

  std::unique_ptr<tests::Tiny> tiny_;
  PipedWorker worker_{*backends::find_backend(GetParam())};
  core::TemporaryFolder folder_ = core::TemporaryFolder::make(std::filesystem::temp_directory_path(), "trainmark-knn").value();
  Client client_{worker_, folder_.path()};
};

TEST_P(NeighboursWorker, AnswersAnyRangeOfQueriesExactly) {
  EXPECT_EQ(client_.hello(kTimeout)->methods, (std::vector<std::string>{"training", "neighbours"}));
  const auto prepared = client_.prepare(tiny_->files(), 2, "float32", kTimeout);
  ASSERT_TRUE(prepared.ok()) << prepared.failure().message;
  EXPECT_TRUE(prepared->kernels.contains("neighbours"));
  EXPECT_GE(*client_.fit(kTimeout), 0);
  std::vector<int32_t> all(25);
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int32_t>(i);
  core::ThreadPool pool(1);
  const auto& m = tiny_->materials();
  const auto votes = backends::reference::votes(m.train, m.evaluation, all, 5, backends::reference::Metric::kSquared, pool);
  for (const auto& [first, count] : {std::pair{0, 25}, std::pair{24, 1}, std::pair{7, 11}}) {
    const auto predicted = client_.predict(first, count, kTimeout);
    ASSERT_TRUE(predicted.ok()) << predicted.failure().message;
    for (int i = 0; i < count; ++i) EXPECT_EQ(predicted->predictions[static_cast<size_t>(i)], votes[static_cast<size_t>(first + i)].predicted);
  }
  EXPECT_TRUE(client_.memory(kTimeout).ok());
}

TEST_P(NeighboursWorker, RefusesWhatIsNotThereOrNotYetPrepared) {
  EXPECT_NE(client_.fit(kTimeout).failure().message.find("send prepare first"), std::string::npos);
  ASSERT_TRUE(client_.prepare(tiny_->files(), 1, "float32", kTimeout).ok());
  EXPECT_NE(refusal_of(client_.predict(0, 1, kTimeout)).find("send fit first"), std::string::npos);
  ASSERT_TRUE(client_.fit(kTimeout).ok());
  for (const auto& [first, count] : {std::pair{-1, 2}, std::pair{25, 1}, std::pair{20, 6}, std::pair{0, 0}}) {
    EXPECT_NE(refusal_of(client_.predict(first, count, kTimeout)).find("not within the 25"), std::string::npos) << first << " " << count;
  }
  EXPECT_NE(client_.train({0, 1, Granularity::kEpoch, false}, kTimeout).failure().message.find("a search for neighbours is prepared"), std::string::npos);
  EXPECT_NE(client_.dump(kTimeout).failure().message.find("for trainings"), std::string::npos);
}

TEST_P(NeighboursWorker, ATrainingReplacesTheSearchAndTheOtherWayRound) {
  const auto training = tests::make_tiny();
  ASSERT_TRUE(client_.prepare(tiny_->files(), 1, "float32", kTimeout).ok());
  ASSERT_TRUE(client_.prepare(training->files(), 1, "float32", kTimeout).ok());
  EXPECT_TRUE(client_.train({0, 1, Granularity::kEpoch, false}, kTimeout).ok());
  EXPECT_NE(client_.fit(kTimeout).failure().message.find("a training is prepared"), std::string::npos);
  ASSERT_TRUE(client_.prepare(tiny_->files(), 1, "float32", kTimeout).ok());
  EXPECT_TRUE(client_.fit(kTimeout).ok());
  ASSERT_TRUE(client_.reset(tiny_->files(), kTimeout).ok());
  EXPECT_NE(refusal_of(client_.predict(0, 1, kTimeout)).find("send fit first"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Each, NeighboursWorker, testing::Values("cpu", "reference"));

// The parts of a random split are searched as two arrays, so no query is among its own neighbours.
TEST(NeighboursOfARandomSplit, AreTheTrainingPartOnly) {
  tests::TinyOptions options;
  options.network = "mnist-knn";
  options.train_count = 30;
  options.validation_count = 20;
  options.validation = workload::Validation::kRandom;
  options.batch_size = 10;
  const auto tiny = tests::make_tiny(options);
  EXPECT_EQ(tiny->materials().train.count, 30);
  EXPECT_EQ(tiny->materials().evaluation.count, 20);
  PipedWorker worker(*backends::find_backend("cpu"));
  Client client(worker, tiny->folder());
  const auto prepared = client.prepare(tiny->files(), 1, "float32", kTimeout);
  ASSERT_TRUE(prepared.ok()) << prepared.failure().message;
  ASSERT_TRUE(client.fit(kTimeout).ok());
  const auto predicted = client.predict(0, 20, kTimeout);
  ASSERT_TRUE(predicted.ok());
  std::vector<int32_t> all(20);
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int32_t>(i);
  core::ThreadPool pool(1);
  const auto& m = tiny->materials();
  const auto votes = backends::reference::votes(m.train, m.evaluation, all, 5, backends::reference::Metric::kSquared, pool);
  for (size_t i = 0; i < all.size(); ++i) EXPECT_EQ(predicted->predictions[i], votes[i].predicted);
}

}  // namespace
}  // namespace trainmark::worker
