// workload.json: nothing is lost, nothing wrong is accepted, and the hash sees every member.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <set>

#include "network/builder.hpp"
#include "network/zoo.hpp"
#include "workload/study.hpp"
#include "workload/words.hpp"
#include "workload/workload.hpp"

namespace trainmark::workload {
namespace {

Workload workload_of(network::Network network) {
  Workload workload;
  workload.dataset = {"tiny", "1", "abc", true, 100, 10, 20};
  workload.recipe = default_recipe(network.name);
  workload.recipe.batch_size = 32;
  workload.recipe.optimiser.learning_rate = 0.1 + 0.2;  // no short decimal form
  workload.seed = 18446744073709551615u;
  workload.network = std::move(network);
  return workload;
}

/// A network with every layer kind and uneven attributes.
network::Network every_layer() {
  using namespace network;
  Builder b("every-layer", "a test", {3, 16, 18}, 7);
  const int conv = b.add("conv", Conv2d{6, {3, 5, 2, 1, 1, 2, 1, 1}, 3, false, Initialiser::scaled_normal(0.123), Initialiser::zeros()});
  b.add("norm", BatchNorm{1e-4, 0.3});
  const int relu = b.add("relu", Relu{});
  b.add("add", Add{}, {conv, relu});
  const int sum = b.last();
  b.add("concat", Concat{}, {sum, conv});
  b.add("max", MaxPool2d{{2, 3, 1, 2, 0, 1, 2, 1}});
  b.add("mean", AveragePool2d{{2, 2, 1, 1, 0, 0, 1, 1}});
  b.add("drop", Dropout{0.25});
  b.add("relu6", Relu6{});
  b.add("gelu", Gelu{});
  b.add("sigmoid", Sigmoid{});
  b.add("tanh", Tanh{});
  b.add("layer_norm", LayerNorm{1e-3});
  b.add("all", GlobalAveragePool{});
  b.add("flatten", Flatten{});
  b.add("fc", Dense{7, true, Initialiser::pytorch_uniform(), Initialiser::ones()});
  return b.take();
}

void expect_round_trip(const Workload& workload) {
  const core::Json json = to_json(workload);
  const auto text = core::parse_json(json.dump(), "test").value();
  const auto back = from_json(text);
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(to_json(*back), json);
  EXPECT_EQ(workload_hash(*back), workload_hash(workload));
  EXPECT_EQ(back->seed, workload.seed);
  EXPECT_EQ(back->recipe.optimiser, workload.recipe.optimiser);
}

TEST(WorkloadJson, KeepsEveryNetworkOfTheZoo) {
  for (const auto& network : network::zoo()) expect_round_trip(workload_of(network));
}

Workload search_workload() {
  Workload workload = workload_of(network::find_network("mnist-knn").value());
  workload.recipe.batch_size = 8;
  workload.neighbours = Neighbours{5};
  return workload;
}

TEST(WorkloadJson, KeepsASearchForNeighbours) {
  expect_round_trip(search_workload());
  const core::Json json = to_json(search_workload());
  EXPECT_EQ(json.at("neighbours"), core::Json({{"k", 5}}));
  EXPECT_EQ(json.at("derived"), core::Json({{"batch_size", 8}, {"steps_per_epoch", 2}, {"total_steps", 2}, {"last_batch_size", 2}}));  // 10 queries
  EXPECT_TRUE(json.at("network").at("layers").empty());
  EXPECT_TRUE(json.at("formulas").contains("distance"));
  EXPECT_FALSE(to_json(workload_of(network::find_network("mnist-mlp").value())).contains("neighbours"));  // so the hashes of trainings stay what they were
}

TEST(WorkloadJson, RefusesSearchesThatCannotBe) {
  const auto refusal = [](const std::function<void(core::Json&)>& change) {
    core::Json json = to_json(search_workload());
    change(json);
    const auto read = from_json(json);
    return read.ok() ? "accepted" : read.error().message;
  };
  EXPECT_NE(refusal([](core::Json& j) { j["neighbours"]["k"] = 0; }).find("'k' of neighbours must be from 1 to 100"), std::string::npos);
  EXPECT_NE(refusal([](core::Json& j) { j["neighbours"]["k"] = 101; }).find("must be from 1 to 100"), std::string::npos);
  EXPECT_NE(refusal([](core::Json& j) { j.erase("neighbours"); }).find("there is nothing to compute"), std::string::npos);
  EXPECT_NE(refusal([](core::Json& j) { j["recipe"]["last_batch"] = "pad"; }).find("'last_batch' must be keep"), std::string::npos);
  EXPECT_NE(refusal([](core::Json& j) { j["network"]["classes"] = 300; }).find("from 1 to 256"), std::string::npos);
  EXPECT_NE(refusal([](core::Json& j) { j["network"]["input"] = {1 << 20, 1 << 20, 1 << 20}; }).find("values"), std::string::npos);
  EXPECT_NE(refusal([](core::Json& j) { j["dataset"]["validation_count"] = j["dataset"]["test_count"] = 0; }).find("samples to evaluate"), std::string::npos);
  core::Json trained = to_json(workload_of(network::find_network("mnist-mlp").value()));
  trained["neighbours"] = {{"k", 5}};
  EXPECT_NE(from_json(trained).error().message.find("must have no layers"), std::string::npos);
}

TEST(WorkloadJson, KeepsEveryLayerKind) {
  const Workload workload = workload_of(every_layer());
  expect_round_trip(workload);
  const auto back = from_json(to_json(workload)).value();
  const auto& conv = std::get<network::Conv2d>(back.network.layers[0].kind);
  EXPECT_EQ(conv.window, (network::Window{3, 5, 2, 1, 1, 2, 1, 1}));
  EXPECT_EQ(conv.groups, 3);
  EXPECT_FALSE(conv.bias);
  EXPECT_EQ(conv.weight_init, network::Initialiser::scaled_normal(0.123));
  EXPECT_EQ(std::get<network::BatchNorm>(back.network.layers[1].kind).momentum, 0.3);
  EXPECT_EQ(back.network.layers[3].inputs, (std::vector<int>{0, 2}));
  EXPECT_EQ(back.network.layers[0].inputs, (std::vector<int>{network::kNetworkInput}));
}

TEST(WorkloadJson, KeepsEveryOptimiserScheduleAndLoss) {
  const Workload base = workload_of(*network::find_network("mnist-nn"));
  for (const auto kind : kOptimisers) {
    for (const auto schedule : kSchedules) {
      for (const auto loss : kLosses) {
        Workload workload = base;
        workload.dataset.train_count = 96;
        workload.dataset.validation = Validation::kRandom;
        plan::Optimiser& o = workload.recipe.optimiser;
        o.kind = kind;
        o.weight_decay = 0.1;
        if (kind == plan::Optimiser::Kind::kAdam || kind == plan::Optimiser::Kind::kAdamW) {
          o.momentum = 0;
          o.beta1 = 0.8;
          o.beta2 = 0.99;
          o.epsilon = 1e-6;
        }
        if (kind == plan::Optimiser::Kind::kRmsprop) o.alpha = 0.9;
        workload.recipe.schedule = {schedule, 0, 0.1, 0, 3, 0.5};
        if (schedule != plan::Schedule::Kind::kConstant) workload.recipe.schedule.period = 7;
        if (schedule == plan::Schedule::Kind::kStep) workload.recipe.schedule.gamma = 0.3;
        if (schedule == plan::Schedule::Kind::kCosine) workload.recipe.schedule.minimum = 1e-5;
        workload.recipe.loss.kind = loss;
        if (loss == plan::Loss::Kind::kSoftmaxCrossEntropy) workload.recipe.loss.label_smoothing = 0.1;
        workload.recipe.clip_norm = 2;
        workload.recipe.passes = 4;
        expect_round_trip(workload);
        const Workload back = from_json(to_json(workload)).value();
        EXPECT_EQ(back.recipe.schedule, workload.recipe.schedule);
        EXPECT_EQ(back.recipe.loss, workload.recipe.loss);
        EXPECT_EQ(back.recipe.clip_norm, 2);
        EXPECT_EQ(back.recipe.passes, 4);
        EXPECT_EQ(back.dataset.validation, Validation::kRandom);
      }
    }
  }
}

TEST(WorkloadJson, NamesWhatIsWrong) {
  const core::Json good = to_json(workload_of(*network::find_network("mnist-cnn")));
  const auto refused = [&](auto change, const char* said) {
    core::Json json = good;
    change(json);
    const auto workload = from_json(json);
    ASSERT_FALSE(workload.ok()) << said;
    EXPECT_NE(workload.error().message.find(said), std::string::npos) << said << " not in: " << workload.error().message;
  };
  refused([](auto& j) { j.erase("seed"); }, "'seed'");
  refused([](auto& j) { j["seed"] = -1; }, "'seed'");
  refused([](auto& j) { j["version"] = 2; }, "version 2");
  refused([](auto& j) { j["format"] = 7; }, "'format'");
  refused([](auto& j) { j["recipe"]["epochs"] = "ten"; }, "'epochs'");
  refused([](auto& j) { j["recipe"]["epochs"] = 0; }, "'epochs'");
  refused([](auto& j) { j["recipe"]["last_batch"] = "repeat"; }, "'last_batch'");
  refused([](auto& j) { j["recipe"]["extra"] = 1; }, "unknown key 'extra'");
  refused([](auto& j) { j["recipe"]["optimiser"]["kind"] = "adagrad"; }, "sgd, adam, adamw, rmsprop, not 'adagrad'");
  refused([](auto& j) { j["recipe"]["optimiser"]["kind"] = "adam"; }, "'beta1'");
  refused([](auto& j) { j["recipe"]["optimiser"]["beta1"] = 0.9; }, "unknown key 'beta1'");
  refused([](auto& j) { j["recipe"]["loss"] = "hinge"; }, "'hinge'");
  refused([](auto& j) { j["recipe"]["label_smoothing"] = 1; }, "'label_smoothing'");
  refused([](auto& j) { j["recipe"]["loss"] = "mean_squared_error", j["recipe"]["label_smoothing"] = 0.1; }, "'label_smoothing' belongs to");
  refused([](auto& j) { j["recipe"]["clip_norm"] = -1; }, "'clip_norm'");
  refused([](auto& j) { j["recipe"]["passes"] = 0; }, "'passes'");
  refused([](auto& j) { j["recipe"]["schedule"]["kind"] = "linear"; }, "'linear'");
  refused([](auto& j) { j["recipe"]["schedule"]["kind"] = "cosine"; }, "'period'");
  refused([](auto& j) { j["recipe"]["schedule"]["warm_up"] = -1; }, "'warm_up'");
  refused([](auto& j) { j["dataset"]["validation"] = "first"; }, "'validation'");
  refused([](auto& j) { j["recipe"]["normalisation"]["mean"] = {"a"}; }, "'mean'");
  refused([](auto& j) { j["recipe"]["normalisation"]["deviation"] = core::Json::array({0}); }, "'deviation'");
  refused([](auto& j) { j["dataset"]["train_count"] = 0; }, "0 training");
  refused([](auto& j) { j["derived"]["steps_per_epoch"] = 99; }, "workload.derived.steps_per_epoch");
  refused([](auto& j) { j["network"]["layers"][0]["kind"] = "conv3d"; }, "did you mean 'conv2d'?");
  refused([](auto& j) { j["network"]["layers"][0]["channels"] = 1.5; }, "layer 'conv1'");
  refused([](auto& j) { j["network"]["layers"][0]["kernel"] = {3}; }, "'kernel'");
  refused([](auto& j) { j["network"]["layers"][0]["name"] = "input"; }, "layer 'input'");
  refused([](auto& j) { j["network"]["layers"][1]["name"] = "conv1"; }, "is taken");
  refused([](auto& j) { j["network"]["layers"][1]["inputs"] = {"conv2"}; }, "conv2");
  refused([](auto& j) { j["network"]["layers"][0]["weight_init"]["kind"] = "he"; }, "'he'");
  refused([](auto& j) { j["network"]["layers"][0]["output"] = {8, 1, 1}; }, "workload.network.layers[0].output");
  refused([](auto& j) { j["network"]["parameters"][0]["shape"] = {8, 1, 3, 4}; }, "workload.network.parameters[0].shape");
  refused([](auto& j) { j["network"]["classes"] = 11; }, "11");
  refused([](auto& j) { j = core::Json::array(); }, "object");
}

TEST(WorkloadHash, ChangesWithEveryMember) {
  const Workload base = workload_of(every_layer());
  std::set<std::string> hashes = {workload_hash(base)};
  const auto differs = [&](auto change) {
    Workload workload = base;
    change(workload);
    EXPECT_TRUE(hashes.insert(workload_hash(workload)).second) << "change number " << hashes.size();
  };
  differs([](auto& w) { w.seed = 3; });
  differs([](auto& w) { w.dataset.name = "other"; });
  differs([](auto& w) { w.dataset.version = "2"; });
  differs([](auto& w) { w.dataset.sha256 = "abd"; });
  differs([](auto& w) { w.dataset.synthetic = false; });
  differs([](auto& w) { w.dataset.train_count = 99; });
  differs([](auto& w) { w.dataset.validation_count = 11; });
  differs([](auto& w) { w.dataset.test_count = 21; });
  differs([](auto& w) { w.dataset.validation = Validation::kRandom; });
  differs([](auto& w) { w.recipe.loss.label_smoothing = 0.1; });
  differs([](auto& w) { w.recipe.loss.kind = plan::Loss::Kind::kMeanSquaredError; });
  differs([](auto& w) { w.recipe.clip_norm = 1; });
  differs([](auto& w) { w.recipe.passes = 2; });
  differs([](auto& w) { w.recipe.schedule.warm_up = 2; });
  differs([](auto& w) { w.recipe.schedule.warm_up_start = 0.5; });
  differs([](auto& w) { w.recipe.schedule = {plan::Schedule::Kind::kStep, 3, 0.1, 0, 0, 0}; });
  differs([](auto& w) { w.recipe.schedule = {plan::Schedule::Kind::kStep, 4, 0.1, 0, 0, 0}; });
  differs([](auto& w) { w.recipe.schedule = {plan::Schedule::Kind::kStep, 4, 0.2, 0, 0, 0}; });
  differs([](auto& w) { w.recipe.schedule = {plan::Schedule::Kind::kCosine, 4, 0.1, 0, 0, 0}; });
  differs([](auto& w) { w.recipe.schedule = {plan::Schedule::Kind::kCosine, 4, 0.1, 1e-3, 0, 0}; });
  differs([](auto& w) { w.recipe.optimiser.kind = plan::Optimiser::Kind::kAdam; });
  differs([](auto& w) { w.recipe.optimiser.kind = plan::Optimiser::Kind::kAdam, w.recipe.optimiser.beta1 = 0.8; });
  differs([](auto& w) { w.recipe.optimiser.kind = plan::Optimiser::Kind::kAdamW; });
  differs([](auto& w) { w.recipe.optimiser.kind = plan::Optimiser::Kind::kRmsprop; });
  differs([](auto& w) { w.recipe.optimiser.kind = plan::Optimiser::Kind::kRmsprop, w.recipe.optimiser.alpha = 0.9; });
  differs([](auto& w) { w.recipe.batch_size = 33; });
  differs([](auto& w) { w.recipe.last_batch = data::LastBatch::kPad; });
  differs([](auto& w) { w.recipe.shuffle = false; });
  differs([](auto& w) { w.recipe.epochs = 2; });
  differs([](auto& w) { w.recipe.max_batches = 2; });
  differs([](auto& w) { w.recipe.divide_by = 256; });
  differs([](auto& w) { w.recipe.mean = {std::nextafter(0.1307, 1)}; });
  differs([](auto& w) { w.recipe.mean = {0.2}; });
  differs([](auto& w) { w.recipe.deviation = {0.3}; });
  differs([](auto& w) { w.recipe.optimiser.learning_rate = 0.3; });  // 0.1 + 0.2 is another double
  differs([](auto& w) { w.recipe.optimiser.momentum = 0.8; });
  differs([](auto& w) { w.recipe.optimiser.nesterov = true; });
  differs([](auto& w) { w.recipe.optimiser.weight_decay = 1e-4; });
  differs([](auto& w) { w.network.name = "other"; });
  differs([](auto& w) { w.network.layers[1].name = "bn"; });
  differs([](auto& w) { std::get<network::Conv2d>(w.network.layers[0].kind).window.dilation_h = 2; });
  differs([](auto& w) { std::get<network::Conv2d>(w.network.layers[0].kind).bias = true; });
  differs([](auto& w) { std::get<network::Conv2d>(w.network.layers[0].kind).weight_init.scale = 0.2; });
  differs([](auto& w) { std::get<network::BatchNorm>(w.network.layers[1].kind).epsilon = 1e-3; });
  differs([](auto& w) { std::get<network::Dropout>(w.network.layers[7].kind).rate = 0.5; });
  differs([](auto& w) { w.network.layers[4].inputs = {0, 3}; });
}

TEST(WorkloadHash, DoesNotChangeWithDescriptions) {
  Workload workload = workload_of(every_layer());
  const std::string before = workload_hash(workload);
  workload.network.description = "told in other words";
  EXPECT_EQ(workload_hash(workload), before);
}

TEST(WorkloadJson, RefusesCountsBeyond32Bits) {
  const auto refusal = [](auto change) {
    core::Json json = to_json(workload_of(every_layer()));
    change(json);
    const auto read = from_json(json);
    return read.ok() ? "" : read.error().message;
  };
  static constexpr int64_t kHuge = std::numeric_limits<int64_t>::max();
  EXPECT_NE(refusal([](core::Json& json) { json["recipe"]["batch_size"] = kHuge; }).find("'batch_size' must be from 0"), std::string::npos);
  EXPECT_NE(refusal([](core::Json& json) { json["recipe"]["max_batches"] = kHuge; }).find("'max_batches' must be from 0"), std::string::npos);
  EXPECT_NE(refusal([](core::Json& json) { json["dataset"]["test_count"] = kHuge; }).find("make no sense"), std::string::npos);
  EXPECT_NE(refusal([](core::Json& json) { json["dataset"]["validation_count"] = kHuge; }).find("make no sense"), std::string::npos);
}

}  // namespace
}  // namespace trainmark::workload
