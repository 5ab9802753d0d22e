// Taking a step apart: what native workers answer, and that a wrong answer is a mistake of the protocol with a sentence.
#include "worker/operations.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "core/file.hpp"
#include "support/source_folder.hpp"
#include "worker/answers.hpp"
#include "worker_testing.hpp"

namespace trainmark::worker {
namespace {

using core::Json;
using tests::make_tiny;

TEST(OperationWords, CoverEveryOperationOfAPlan) {
  const std::set<std::string_view> words(operation_words().begin(), operation_words().end());
  EXPECT_EQ(words.size(), operation_words().size());
  for (int kind = 0; kind <= static_cast<int>(plan::OpKind::kSumRanges); ++kind) {
    EXPECT_EQ(words.count(operation_word(static_cast<plan::OpKind>(kind))), 1u) << plan::op_name(static_cast<plan::OpKind>(kind));
  }
}

// Adapters and the schema of reports have the list too; one that differs would make mistakes of honest workers.
TEST(OperationWords, AreTheSameInAdaptersAndInTheSchemaOfReports) {
  std::string python, json;
  for (const std::string& word : operation_words()) {
    python += (python.empty() ? "\"" : ", \"") + word + "\"";
  }
  json = "\"enum\": [" + python + "]";
  const auto root = tests::source_folder();
  EXPECT_NE(core::read_file(root / "adapters" / "trainmark_worker" / "operations.py").value().find("OPERATIONS = (" + python + ")"), std::string::npos)
      << python;
  EXPECT_NE(core::read_file(root / "docs" / "report.schema.json").value().find(json), std::string::npos) << json;
}

class OperationsOfEveryEngine : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    info_ = backends::find_backend(GetParam());
    if (info_ == nullptr) GTEST_SKIP() << "this build has no engine " << GetParam();
    worker_ = std::make_unique<PipedWorker>(*info_);
  }
  /// The operations of a network over 128 samples in batches of 32.
  StepOperations taken_apart(const std::string& network, int threads) {
    tiny_ = make_tiny({.network = network, .train_count = 128, .batch_size = 32, .epochs = 4});
    Client client(*worker_, tiny_->folder());
    const auto prepared = client.prepare(tiny_->files(), threads, info_->dtypes.front(), kTimeout);
    EXPECT_TRUE(prepared.ok()) << prepared.failure().message;
    const auto found = client.operations(0, 8, kTimeout);
    EXPECT_TRUE(found.ok()) << found.failure().message;
    return found.ok() ? *found : StepOperations{};
  }
  static double time_in(const StepOperations& step, const std::string& operation, const std::string& phase) {
    double sum_ns = 0;
    for (const OperationTime& part : step.parts) sum_ns += part.operation == operation && part.phase == phase ? part.time_ns : 0;
    return sum_ns;
  }

  const backends::BackendInfo* info_ = nullptr;
  std::unique_ptr<PipedWorker> worker_;
  std::unique_ptr<tests::Tiny> tiny_;
};
INSTANTIATE_TEST_SUITE_P(Native, OperationsOfEveryEngine, ::testing::Values("cpu", "reference"), [](const auto& param) { return param.param; });

TEST_P(OperationsOfEveryEngine, SumWithTheRestToTheStep) {
  for (const int threads : {1, 2}) {
    const StepOperations step = taken_apart("mnist-cnn", threads);
    double shares = step.rest_ns() / step.step_ns;
    for (const OperationTime& part : step.parts) {
      EXPECT_GE(part.time_ns, 0) << part.operation;
      shares += part.time_ns / step.step_ns;
    }
    EXPECT_NEAR(shares, 1, 1e-6) << threads << " threads";
    EXPECT_GT(step.plain_ns, 0);
    // The reference goes from operation to operation with all threads; so nearly all of its step is in them, however many there are.
    if (GetParam() == "reference") {
      EXPECT_LT(step.rest_ns(), 0.3 * step.step_ns) << threads << " threads";
    }
  }
}

TEST_P(OperationsOfEveryEngine, NameLayersAndPhases) {
  const StepOperations step = taken_apart("mnist-cnn", 1);
  std::set<std::string> layers;
  for (const OperationTime& part : step.parts) layers.insert(part.layer);
  for (const char* layer : {"conv1", "conv2", "fc1", "fc2"}) EXPECT_EQ(layers.count(layer), 1u) << layer;
  std::vector<const char*> operations = {"convolution", "matrix_multiplication"};
  if (GetParam() == "reference") operations.push_back("pooling");  // `cpu` pools in its convolutions
  for (const char* operation : operations) {
    EXPECT_GT(time_in(step, operation, "forward"), 0) << operation;
    EXPECT_GT(time_in(step, operation, "backward"), 0) << operation;
  }
  EXPECT_GT(time_in(step, "loss", "forward"), 0);
  EXPECT_GT(time_in(step, "update", "update"), 0);
}

TEST_P(OperationsOfEveryEngine, SayThatProductsAreMostOfADenseNetwork) {
  const StepOperations step = taken_apart("mnist-mlp", 1);
  const double products = time_in(step, "matrix_multiplication", "forward") + time_in(step, "matrix_multiplication", "backward");
  EXPECT_GT(products, 0.5 * step.step_ns);
}

TEST_P(OperationsOfEveryEngine, LeaveAWorkerThatGoesOnFromALoadedState) {
  const StepOperations step = taken_apart("mnist-mlp", 1);
  Client client(*worker_, tiny_->folder());
  ASSERT_TRUE(client.load(tiny_->materials().initial_state, kTimeout).ok());
  const auto after = client.train({0, 4, Granularity::kEpoch, false}, kTimeout);
  ASSERT_TRUE(client.load(tiny_->materials().initial_state, kTimeout).ok());
  const auto again = client.train({0, 4, Granularity::kEpoch, false}, kTimeout);
  EXPECT_EQ(after->losses, again->losses);
}

TEST_P(OperationsOfEveryEngine, AreOfStepsOfTheTrainingOnly) {
  tiny_ = make_tiny({.network = "mnist-mlp", .train_count = 64, .batch_size = 32, .epochs = 2});
  Client client(*worker_, tiny_->folder());
  ASSERT_TRUE(client.prepare(tiny_->files(), 1, info_->dtypes.front(), kTimeout).ok());
  for (const auto& [first, steps] : {std::pair<int64_t, int64_t>{0, 5}, {4, 1}, {-1, 1}, {0, 0}}) {
    const auto refused = client.operations(first, steps, kTimeout);
    ASSERT_FALSE(refused.ok());
    EXPECT_NE(refused.failure().message.find("not within the 4 steps"), std::string::npos) << refused.failure().message;
  }
}

Json good_answer() {
  return {{"operations", Json::array({{{"operation", "matrix_multiplication"}, {"phase", "forward"}, {"layer", "fc1"}, {"time_ns", 60.0}, {"calls", 1}},
                                      {{"operation", "update"}, {"phase", "update"}, {"time_ns", 30}, {"calls", 2}}})},
          {"step_ns", 100},
          {"plain_ns", 90.5}};
}

TEST(OperationsAnswer, IsReadAsItIs) {
  const auto step = read_operations(good_answer());
  ASSERT_TRUE(step.ok()) << step.failure().message;
  ASSERT_EQ(step->parts.size(), 2u);
  EXPECT_EQ(step->parts[0].layer, "fc1");
  EXPECT_EQ(step->parts[1].layer, "");
  EXPECT_DOUBLE_EQ(step->rest_ns(), 10);
  EXPECT_DOUBLE_EQ(step->plain_ns, 90.5);
}

struct Wrong {
  const char* pointer;
  Json value;
  const char* says;
};

TEST(OperationsAnswer, ThatIsWrongIsAProtocolFailureWithASentence) {
  for (const auto& [pointer, value, says] :
       {Wrong{"/operations/0/operation", "matrix_multiplikation", "'matrix_multiplikation' (did you mean 'matrix_multiplication'?)"},
        Wrong{"/operations/0/phase", "sideways", "phase 'sideways'"}, Wrong{"/operations/0/time_ns", -1, "'time_ns'"},
        Wrong{"/operations/0/time_ns", "long", "'time_ns'"},
        Wrong{"/operations/0/time_ns", 90, "120 ns together, but the step that they are parts of took 100 ns"}, Wrong{"/operations/1", 7, "objects only"},
        Wrong{"/operations", "none", "list"}, Wrong{"/step_ns", 0, "took no time"}, Wrong{"/plain_ns", nullptr, "'plain_ns'"},
        Wrong{"/operations/0/layer", 7, "'layer'"}, Wrong{"/operations/0/calls", -2, "'calls'"}}) {
    Json answer = good_answer();
    answer[Json::json_pointer(pointer)] = value;
    const auto refused = read_operations(answer);
    ASSERT_FALSE(refused.ok()) << pointer;
    EXPECT_EQ(refused.failure().kind, FailureKind::kProtocol);
    EXPECT_NE(refused.failure().message.find(says), std::string::npos) << refused.failure().message;
  }
  EXPECT_FALSE(read_operations(Json::array()).ok());
}

}  // namespace
}  // namespace trainmark::worker
