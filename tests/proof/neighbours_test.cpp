// Searches for neighbours: honest ones are verified, and each mistake is found and named. The worker is the native one
// behind the real protocol; only its search is wrong.
#include "proof/neighbours.hpp"

#include <gtest/gtest.h>

#include "backends/reference/neighbours.hpp"
#include "proof/proof_cases.hpp"
#include "support/in_process_worker.hpp"

namespace trainmark::tests {
namespace {

struct Mistake {
  const char* name;
  const char* says;
};

std::string& mistake_now() {
  static std::string mistake;
  return mistake;
}

// The plain search with one mistake.
class WrongSearch : public backends::NeighbourSearch {
 public:
  core::Result<void> fit(const data::SamplesView& train, int64_t k) override {
    const std::string& m = mistake_now();
    train_ = train;
    k_ = m == "k - 1" ? k - 1 : m == "k + 1" ? k + 1 : m == "nearest only" ? 1 : k;
    if (m == "half") train_.count /= 2;
    labels_.assign(train.labels, train.labels + train.count);
    if (m == "shifted labels") std::rotate(labels_.begin(), labels_.begin() + 1, labels_.end());
    train_.labels = labels_.data();
    return {};
  }
  void predict(const uint8_t* queries, int64_t count, int32_t* classes) override {
    const std::string& m = mistake_now();
    std::vector<int32_t> all;
    for (int64_t i = 0; i < count; ++i) all.push_back(static_cast<int32_t>(i));
    core::ThreadPool pool(1);
    const auto metric = m == "absolute" ? backends::reference::Metric::kAbsolute : backends::reference::Metric::kSquared;
    const auto votes = backends::reference::votes(train_, {queries, nullptr, count, train_.shape, 10}, all, k_, metric, pool);
    for (size_t i = 0; i < votes.size(); ++i) classes[i] = votes[i].predicted + (m == "from 1" ? 1 : 0);
    if (m == "one wrong" && count > 3) classes[3] = (classes[3] + 1) % 10;
    if (m == "small batches" && count == 1) classes[0] = (classes[0] + 1) % 10;
    if (m == "no class") classes[0] = -1;
  }
  std::string kernel() const override { return "wrong"; }
  backends::MemoryUse memory() const override { return {}; }

 private:
  data::SamplesView train_;
  std::vector<uint8_t> labels_;
  int64_t k_ = 0;
};

backends::BackendInfo wrong_backend(const std::string& mistake) {
  mistake_now() = mistake;
  backends::BackendInfo info = *backends::find_backend("reference");
  info.create_neighbours = [](const backends::EngineOptions&) -> core::Result<std::unique_ptr<backends::NeighbourSearch>> {
    return std::unique_ptr<backends::NeighbourSearch>(std::make_unique<WrongSearch>());
  };
  return info;
}

// A trial as the supervisor would record it, and its proof.
proof::ProofReport prove(const backends::BackendInfo& backend, const std::function<void(proof::TimedEvidence&)>& change = {}) {
  ProofCase c;
  c.network = "mnist-knn";
  c.batch = 64;
  c.train_count = 700;
  c.test_count = 410;
  const auto world = make_world(c);
  InProcessWorker channel(backend);
  worker::Client client(channel, world->folder.path());
  EXPECT_TRUE(client.prepare(world->files, 2, "float32", 60).ok());
  EXPECT_TRUE(client.fit(60).ok());
  proof::TimedEvidence evidence;
  const workload::Workload& w = world->materials.workload;
  for (int64_t step = 0; step < workload::total_steps(w); ++step) {
    auto predicted = client.predict(workload::first_query_of_step(w, step), workload::batch_of_step(w, step), 60);
    EXPECT_TRUE(predicted.ok());
    if (predicted) evidence.predictions.push_back({step, predicted->predictions});
  }
  if (change) change(evidence);
  return proof::prove(client, world->materials, evidence, {});
}

TEST(NeighboursProof, HonestEnginesAreVerifiedInWords) {
  for (const char* name : {"reference", "cpu"}) {
    const auto report = prove(*backends::find_backend(name));
    EXPECT_EQ(report.verdict, proof::Verdict::kVerified) << report.summary;
    EXPECT_EQ(report.summary,
              "verified: All 410 predictions of the timed blocks are those of exact integer distances. All 301 predictions given again in other batches are "
              "those of exact integer distances");
    EXPECT_TRUE(proof::to_json(report).at("smallest_fault").is_null());
  }
}

class WrongNeighbours : public testing::TestWithParam<Mistake> {};

TEST_P(WrongNeighbours, FailsAndIsNamed) {
  const auto report = prove(wrong_backend(GetParam().name));
  EXPECT_EQ(report.verdict, proof::Verdict::kFailed);
  EXPECT_NE(report.summary.find(GetParam().says), std::string::npos) << report.summary;
}

INSTANTIATE_TEST_SUITE_P(Each, WrongNeighbours,
                         testing::Values(Mistake{"k - 1", "looks as if k were 4"}, Mistake{"k + 1", "looks as if k were 6"},
                                         Mistake{"nearest only", "looks as if k were 1"}, Mistake{"absolute", "sums of absolute differences"},
                                         Mistake{"half", "only the first half of the training samples"}, Mistake{"shifted labels", "the label of the next one"},
                                         Mistake{"from 1", "classes were counted from 1"}, Mistake{"one wrong", "7 of 410"},
                                         Mistake{"small batches", "1 of 301 predictions given again"}, Mistake{"no class", "given as -1"}),
                         [](const auto& parameter) {
                           std::string name = parameter.param.name;
                           std::erase_if(name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); });
                           return name + std::to_string(parameter.index);
                         });

TEST(NeighboursProof, TimedStepsThatAreMissingAreSeen) {
  const auto report =
      prove(*backends::find_backend("cpu"), [](proof::TimedEvidence& evidence) { evidence.predictions.erase(evidence.predictions.begin() + 2); });
  EXPECT_EQ(report.verdict, proof::Verdict::kFailed);
  EXPECT_NE(report.summary.find("Timed step 2 is missing"), std::string::npos) << report.summary;
}

TEST(NeighboursProof, AWrongTimedPredictionIsSeenThoughTheWorkerIsRightNow) {
  const auto report = prove(*backends::find_backend("cpu"), [](proof::TimedEvidence& evidence) {
    int32_t& given = evidence.predictions[1].classes[0];
    given = (given + 1) % 10;
  });
  EXPECT_EQ(report.verdict, proof::Verdict::kFailed);
  EXPECT_NE(report.summary.find("the first is query 64, of class"), std::string::npos) << report.summary;
}

}  // namespace
}  // namespace trainmark::tests
