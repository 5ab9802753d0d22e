// Study files: what they become, and that every mistake is an error at its line with a way out.
#include "workload/study.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <tuple>

#include "network/zoo.hpp"
#include "support/tiny_materials.hpp"

namespace trainmark::workload {
namespace {

constexpr const char* kGood = R"(name = "mine"
description = "a test"
repetitions = 3
threads = [1, 2]
baseline = "cpu"

[[workload]]
network = "mnist-cnn"
dataset = "mnist"
epochs = 2
batch_size = 64
learning_rate = 1
momentum = 0.5
shuffle = false
last_batch = "drop"
max_batches = 7
seed = 11
train_count = 1000
validation_count = 10
validation = "random"
optimiser = "adamw"
nesterov = false
weight_decay = 0.01
beta1 = 0.8
beta2 = 0.99
alpha = 0.9
epsilon = 1e-6
loss = "softmax_cross_entropy"
label_smoothing = 0.1
clip_norm = 5
passes = 2
schedule = "cosine"
schedule_period = 100
schedule_gamma = 0.5
schedule_minimum = 1e-5
warm_up = 10
warm_up_start = 0.2

[[workload]]
network = "mnist-mlp"
dataset = "synthetic-digits"
batch_size = "full"

[[platform]]
name = "cpu"

[[platform]]
name = "pytorch-cpu@2.4:compile"
share = 0.25
)";

TEST(Study, ReadsEveryKey) {
  const auto study = parse_study(kGood, "mine.toml");
  ASSERT_TRUE(study.ok()) << study.error().message;
  EXPECT_EQ(study->name, "mine");
  EXPECT_EQ(study->description, "a test");
  EXPECT_EQ(study->repetitions, 3);
  EXPECT_EQ(study->threads, (std::vector<int>{1, 2}));
  EXPECT_EQ(study->baseline, "cpu");
  EXPECT_EQ(study->text, kGood);
  ASSERT_EQ(study->workloads.size(), 2u);
  const WorkloadRequest& first = study->workloads[0];
  EXPECT_EQ(first.network, "mnist-cnn");
  EXPECT_EQ(first.dataset, "mnist");
  EXPECT_EQ(first.epochs, 2);
  EXPECT_EQ(first.batch_size, 64);
  EXPECT_EQ(first.learning_rate, 1.0);
  EXPECT_EQ(first.validation, Validation::kRandom);
  EXPECT_EQ(first.optimiser, plan::Optimiser::Kind::kAdamW);
  EXPECT_EQ(first.nesterov, false);
  EXPECT_EQ(first.weight_decay, 0.01);
  EXPECT_EQ(first.beta1, 0.8);
  EXPECT_EQ(first.beta2, 0.99);
  EXPECT_EQ(first.alpha, 0.9);
  EXPECT_EQ(first.epsilon, 1e-6);
  EXPECT_EQ(first.loss, plan::Loss::Kind::kSoftmaxCrossEntropy);
  EXPECT_EQ(first.label_smoothing, 0.1);
  EXPECT_EQ(first.clip_norm, 5.0);
  EXPECT_EQ(first.passes, 2);
  EXPECT_EQ(first.schedule, (plan::Schedule{plan::Schedule::Kind::kCosine, 100, 0.5, 1e-5, 10, 0.2}));
  EXPECT_EQ(first.momentum, 0.5);
  EXPECT_EQ(first.shuffle, false);
  EXPECT_EQ(first.last_batch, data::LastBatch::kDrop);
  EXPECT_EQ(first.max_batches, 7);
  EXPECT_EQ(first.seed, 11u);
  EXPECT_EQ(first.train_count, 1000);
  EXPECT_EQ(first.validation_count, 10);
  EXPECT_EQ(study->workloads[1].batch_size, 0);
  EXPECT_FALSE(study->workloads[1].epochs.has_value());
  ASSERT_EQ(study->platforms.size(), 2u);
  EXPECT_EQ(study->platforms[1].name, "pytorch-cpu@2.4:compile");
  EXPECT_EQ(study->platforms[1].share, 0.25);
  EXPECT_EQ(study->platforms[0].share, 1);
  EXPECT_FALSE(study->platforms[0].by_hand);
}

struct Mistake {
  const char* from;
  const char* to;
  std::vector<const char*> said;
};

// Each takes the good study, makes one change, and must be told the line and the remedy.
TEST(Study, NamesLineAndRemedyOfEveryMistake) {
  const std::vector<Mistake> mistakes = {
      {"epochs = 2", "epoch = 2", {"mine.toml:10:", "'epoch'", "did you mean 'epochs'?"}},
      {"repetitions = 3", "repetition = 3", {"mine.toml:3:", "did you mean 'repetitions'?"}},
      {"share = 0.25", "shares = 0.25", {"mine.toml:49:", "did you mean 'share'?"}},
      {"epochs = 2", "epochs = \"2\"", {"mine.toml:10:", "'epochs'", "whole number", "string"}},
      {"epochs = 2", "epochs = 2.5", {"mine.toml:10:", "whole number"}},
      {"shuffle = false", "shuffle = 0", {"mine.toml:14:", "true or false"}},
      {"threads = [1, 2]", "threads = 2", {"mine.toml:4:", "list of whole numbers"}},
      {"threads = [1, 2]", "threads = [-1]", {"mine.toml:4:", "-1"}},
      {"batch_size = 64", "batch_size = \"whole\"", {"mine.toml:11:", "full"}},
      {"batch_size = 64", "batch_size = -64", {"mine.toml:11:", "--batch-size (batch_size)", "-64"}},
      {"batch_size = 64", "batch_size = [64, true]", {"mine.toml:11:", "or a list of them"}},
      {"batch_size = 64", "batch_size = []", {"mine.toml:11:", "or a list of them"}},
      {"train_count = 1000", "train_count = [1000, 0]", {"mine.toml:18:", "--train-count (train_count)"}},
      {"train_count = 1000", "hidden = [0]", {"mine.toml:18:", "--hidden (hidden)"}},
      {"last_batch = \"drop\"", "last_batch = \"dropp\"", {"mine.toml:15:", "did you mean 'drop'?"}},
      {"optimiser = \"adamw\"", "optimiser = \"adam_w\"", {"mine.toml:21:", "did you mean 'adamw'?"}},
      {"validation = \"random\"", "validation = \"some\"", {"mine.toml:20:", "last, random"}},
      {"learning_rate = 1", "learning_rate = nan", {"mine.toml:12:", "--lr (learning_rate)"}},
      {"momentum = 0.5", "momentum = 1.0", {"mine.toml:13:", "--momentum (momentum)"}},
      {"seed = 11", "seed = -1", {"mine.toml:17:", "seed"}},
      {"network = \"mnist-cnn\"", "network = \"mnist-cn\"", {"mine.toml:8:", "mnist-cnn"}},
      {"network = \"mnist-cnn\"\n", "", {"mine.toml:7:", "needs the key 'network'"}},
      {"share = 0.25", "share = 0", {"mine.toml:49:", "above 0"}},
      {"share = 0.25", "share = nan", {"mine.toml:49:", "above 0"}},
      {"pytorch-cpu@2.4:compile", "cpu", {"mine.toml:47:", "twice"}},
      {"baseline = \"cpu\"", "baseline = \"cpuu\"", {"mine.toml:5:", "did you mean 'cpu'?"}},
      {"repetitions = 3", "repetitions = 0", {"mine.toml:3:", "repetitions"}},
      {"name = \"mine\"\n", "", {"mine.toml", "needs the key 'name'"}},
      {"repetitions = 3", "repetitions = = 3", {"mine.toml:3 is not valid TOML"}},
      {"[[workload]]\nnetwork = \"mnist-mlp\"", "[workload]\nnetwork = \"mnist-mlp\"", {"mine.toml:39 is not valid TOML"}},
  };
  for (const Mistake& mistake : mistakes) {
    std::string text = kGood;
    const size_t at = text.find(mistake.from);
    ASSERT_NE(at, std::string::npos) << mistake.from;
    text.replace(at, std::string(mistake.from).size(), mistake.to);
    const auto study = parse_study(text, "mine.toml");
    ASSERT_FALSE(study.ok()) << mistake.to;
    EXPECT_EQ(study.error().kind, core::ErrorKind::kUsage);
    for (const char* said : mistake.said) EXPECT_NE(study.error().message.find(said), std::string::npos) << said << " not in: " << study.error().message;
  }
}

TEST(Study, ListsOfSizesMakeAWorkloadOfEveryCombination) {
  const auto study =
      parse_study("name = 'x'\n[[workload]]\nnetwork = 'mnist-mlp-10'\nhidden = [10, 32]\ntrain_count = [100, 200, 300]\nbatch_size = ['full', 16]", "f");
  ASSERT_TRUE(study.ok()) << study.error().message;
  ASSERT_EQ(study->workloads.size(), 12u);
  const WorkloadRequest &first = study->workloads.front(), &last = study->workloads.back();
  EXPECT_EQ(std::tuple(first.hidden, first.train_count, first.batch_size), std::tuple(10, 100, 0));
  EXPECT_EQ(std::tuple(last.hidden, last.train_count, last.batch_size), std::tuple(32, 300, 16));
  std::string many = "1";
  for (int i = 2; i <= 200; ++i) many += fmt::format(", {}", i);
  const auto refused = parse_study(fmt::format("name = 'x'\n[[workload]]\nnetwork = 'mnist-mlp'\nhidden = [{}]\ntrain_count = [{}]", many, many), "f");
  EXPECT_NE(refused.error().message.find("more than 1000 workloads"), std::string::npos);
}

TEST(Study, EmptyOnesAreRefused) {
  EXPECT_NE(parse_study("name = 'x'", "f").error().message.find("no workload"), std::string::npos);
  EXPECT_EQ(parse_study("name = 'x'\n[[workload]]\nnetwork='mnist-mlp'\ndataset='mnist'", "f").value().platforms.at(0).name, "cpu");
}

TEST(Study, BuiltInOnesAreGood) {
  std::vector<std::string> names;
  for (const auto& [name, text] : built_in_studies()) {
    names.push_back(name);
    const auto study = find_study(name);
    ASSERT_TRUE(study.ok()) << study.error().message;
    EXPECT_EQ(study->name, name);
    EXPECT_FALSE(study->description.empty());
  }
  EXPECT_EQ(names, (std::vector<std::string>{"cpu-vs-cuda", "five-platforms", "jit-vs-gpu", "quick", "roofline", "small-networks", "speed-and-power"}));
  EXPECT_EQ(find_study("small-networks")->workloads.size(), network::zoo().size());
}

TEST(Study, IsFoundByPathAndMissedWithASuggestion) {
  const auto tiny = tests::make_tiny();
  const auto path = tiny->folder() / "mine.toml";
  core::write_file(path, std::string_view(kGood)).value();
  EXPECT_EQ(find_study(path.string())->name, "mine");
  EXPECT_NE(find_study("quik").error().message.find("did you mean 'quick'?"), std::string::npos);
}

TEST(Recipe, DefaultsAreThoseOfTheStudies) {
  const Recipe cnn = default_recipe("mnist-cnn");
  EXPECT_EQ(cnn.epochs, 10);
  EXPECT_EQ(cnn.batch_size, 512);
  EXPECT_EQ(cnn.optimiser.learning_rate, 0.01);
  EXPECT_EQ(cnn.optimiser.momentum, 0.9);
  EXPECT_EQ(cnn.last_batch, data::LastBatch::kPad);
  const Recipe full = default_recipe("mnist-mlp-10");
  EXPECT_EQ(full.batch_size, 0);
  EXPECT_EQ(full.epochs, 500);
  EXPECT_FALSE(full.shuffle);
  EXPECT_EQ(full.mean, std::vector<double>{0});
  EXPECT_EQ(default_recipe("mnist-mlp").optimiser.momentum, 0);
  EXPECT_EQ(default_recipe("mnist-mlp").mean, std::vector<double>{0});  // pixels / 255
  EXPECT_EQ(default_recipe("mnist-nn").batch_size, 4);
  EXPECT_EQ(default_recipe("mnist-cnn-lenet").epochs, 2);
}

TEST(Resolve, OverridesWinOverTheRecipe) {
  const auto tiny = tests::make_tiny();
  WorkloadRequest request;
  request.network = "mnist-cnn";
  request.epochs = 3;
  request.batch_size = 16;
  request.learning_rate = 0.5;
  request.momentum = 0.0;
  request.last_batch = data::LastBatch::kKeep;
  request.shuffle = false;
  request.max_batches = 2;
  request.seed = 5;
  request.validation_count = 6;
  const auto workload = resolve(request, tiny->dataset());
  ASSERT_TRUE(workload.ok()) << workload.error().message;
  EXPECT_EQ(workload->recipe.epochs, 3);
  EXPECT_EQ(workload->recipe.batch_size, 16);
  EXPECT_EQ(workload->recipe.optimiser.learning_rate, 0.5);
  EXPECT_EQ(workload->recipe.optimiser.momentum, 0.0);
  EXPECT_EQ(workload->recipe.last_batch, data::LastBatch::kKeep);
  EXPECT_FALSE(workload->recipe.shuffle);
  EXPECT_EQ(workload->recipe.max_batches, 2);
  EXPECT_EQ(workload->seed, 5u);
  EXPECT_EQ(workload->dataset.train_count, 90);
  EXPECT_EQ(workload->dataset.validation_count, 6);
  EXPECT_EQ(workload->dataset.sha256, tiny->dataset().sha256);
}

TEST(Resolve, RefusesNumbersThatCannotBe) {
  const auto tiny = tests::make_tiny();
  const auto refused = [&](auto change, const char* said) {
    WorkloadRequest request;
    request.network = "mnist-mlp";
    request.batch_size = 32;
    change(request);
    const auto workload = resolve(request, tiny->dataset());
    ASSERT_FALSE(workload.ok()) << said;
    EXPECT_EQ(workload.error().kind, core::ErrorKind::kUsage);
    EXPECT_NE(workload.error().message.find(said), std::string::npos) << workload.error().message;
  };
  refused([](auto& r) { r.epochs = 0; }, "--epochs (epochs)");
  refused([](auto& r) { r.epochs = std::numeric_limits<int64_t>::max(); }, "--epochs (epochs)");
  refused([](auto& r) { r.batch_size = -1; }, "--batch-size (batch_size)");
  refused([](auto& r) { r.batch_size = 97; }, "96 training samples");
  refused([](auto& r) { r.max_batches = 0; }, "--max-batches (max_batches)");
  refused([](auto& r) { r.learning_rate = 0; }, "--lr (learning_rate)");
  refused([](auto& r) { r.learning_rate = std::nan(""); }, "--lr (learning_rate)");
  refused([](auto& r) { r.learning_rate = INFINITY; }, "--lr (learning_rate)");
  refused([](auto& r) { r.momentum = -0.1; }, "--momentum (momentum)");
  refused([](auto& r) { r.momentum = std::nan(""); }, "--momentum (momentum)");
  refused([](auto& r) { r.train_count = 97; }, "train_count");
  refused([](auto& r) { r.hidden = 0; }, "--hidden (hidden)");
  refused([](auto& r) { r.network = "mnist-cnn", r.hidden = 8; }, "no one hidden width");
  refused([](auto& r) { r.validation_count = 96; }, "validation_count");
  refused([](auto& r) { r.network = "mnist-mpl"; }, "mnist-mlp");
  refused([](auto& r) { r.batch_size.reset(); }, "128 by the recipe of mnist-mlp");
}

TEST(Resolve, FitsTheNetworkToOtherImages) {
  const auto tiny = tests::make_tiny();
  data::Dataset dataset;
  dataset.name = "small";
  dataset.train = tests::make_tiny_split(tiny->folder(), "small-train", 40, 20, 22, 10, 1);
  dataset.test = tests::make_tiny_split(tiny->folder(), "small-test", 10, 20, 22, 10, 2);
  WorkloadRequest request;
  request.network = "mnist-cnn";
  request.batch_size = 8;
  const auto workload = resolve(request, dataset);
  ASSERT_TRUE(workload.ok()) << workload.error().message;
  EXPECT_TRUE((workload->network.input == network::Shape{1, 20, 22}));
  EXPECT_TRUE(make_materials(*workload, dataset, 1).ok());
  dataset.train = tests::make_tiny_split(tiny->folder(), "tiny-train", 40, 6, 6, 10, 1);
  const auto too_small = resolve(request, dataset);
  ASSERT_FALSE(too_small.ok());
  EXPECT_NE(too_small.error().message.find("1 x 6 x 6"), std::string::npos) << too_small.error().message;
}

}  // namespace
}  // namespace trainmark::workload
