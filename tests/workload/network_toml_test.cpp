// Networks of the user's own: what each way of writing a layer becomes, and that every mistake is told at its line.
#include <gtest/gtest.h>

#include "network/parameters.hpp"
#include "network/shapes.hpp"
#include "support/tiny_materials.hpp"
#include "workload/layer_json.hpp"
#include "workload/network_json.hpp"
#include "workload/study.hpp"

namespace trainmark::workload {
namespace {

constexpr const char* kTiny = R"([network.tiny]
description = "two branches"
input = [1, 28, 28]
classes = 10
layers = [
  {conv2d = 8, kernel = 3, padding = 1, name = "stem"},
  "relu",
  {max_pool2d = 2, name = "pool"},
  {conv2d = 8, kernel = [1, 3], padding = [0, 1], inputs = "pool", name = "a"},
  {batch_norm = "pool", name = "b", epsilon = 0.001},
  {add = ["a", "b"]},
  {concat = ["add_1", "pool"]},
  {kind = "dropout", rate = 0.25},
  "flatten",
  {dense = 10, bias = false, weight_init = "he_normal"},
]
)";

OwnNetwork read(const std::string& toml) {
  const auto study = parse_study(toml, "my.toml");
  EXPECT_TRUE(study.ok()) << study.error().message;
  return study->networks.at(0);
}

TEST(NetworkToml, ReadsEveryWayToWriteALayer) {
  const OwnNetwork own = read(kTiny);
  const auto valid = network_for(own);
  ASSERT_TRUE(valid.ok()) << valid.error().message;
  const network::Network& n = *valid;
  EXPECT_EQ(n.name, "tiny");
  EXPECT_EQ(n.description, "two branches");
  EXPECT_EQ(n.input, (network::Shape{1, 28, 28}));
  EXPECT_EQ(n.classes, 10);
  std::vector<std::string> names;
  for (const auto& layer : n.layers) names.push_back(layer.name);
  EXPECT_EQ(names, (std::vector<std::string>{"stem", "relu_1", "pool", "a", "b", "add_1", "concat_1", "dropout_1", "flatten_1", "dense_1"}));
  EXPECT_EQ(own.layer_lines, (std::vector<int64_t>{6, 7, 8, 9, 10, 11, 12, 13, 14, 15}));
  EXPECT_EQ(n.layers[0].inputs, (std::vector<int>{network::kNetworkInput}));
  EXPECT_EQ(n.layers[4].inputs, (std::vector<int>{2}));
  EXPECT_EQ(n.layers[5].inputs, (std::vector<int>{3, 4}));
  EXPECT_EQ(n.layers[9].inputs, (std::vector<int>{8}));

  const auto& stem = std::get<network::Conv2d>(n.layers[0].kind);
  EXPECT_EQ(stem.channels, 8);
  EXPECT_EQ(stem.window, network::Window::square(3, 1, 1));
  EXPECT_EQ(stem.weight_init, network::Initialiser::pytorch_uniform());
  EXPECT_EQ(stem.bias_init, network::Initialiser::pytorch_uniform());
  EXPECT_EQ(std::get<network::MaxPool2d>(n.layers[2].kind).window, network::Window::square(2, 2));  // PyTorch: the stride is the kernel
  EXPECT_EQ(std::get<network::Conv2d>(n.layers[3].kind).window, (network::Window{1, 3, 1, 1, 0, 1, 1, 1}));
  EXPECT_EQ(std::get<network::BatchNorm>(n.layers[4].kind).epsilon, 0.001);
  EXPECT_EQ(std::get<network::BatchNorm>(n.layers[4].kind).momentum, 0.1);
  EXPECT_EQ(std::get<network::Dropout>(n.layers[7].kind).rate, 0.25);
  const auto& dense = std::get<network::Dense>(n.layers[9].kind);
  EXPECT_EQ(dense.outputs, 10);
  EXPECT_FALSE(dense.bias);
  EXPECT_EQ(dense.weight_init, network::Initialiser::he_normal());
}

TEST(NetworkToml, TheNetworksInitialisersHoldWhereALayerSaysNothing) {
  const OwnNetwork own = read(
      "[network.a]\nweight_init = {kind = 'scaled_normal', scale = 0.2}\nbias_init = 'zeros'\nlayers = ['flatten', {dense = 4}, {dense = 10, weight_init = "
      "'he_normal'}]\n");
  const auto& first = std::get<network::Dense>(own.network.layers[1].kind);
  EXPECT_EQ(first.weight_init, network::Initialiser::scaled_normal(0.2));
  EXPECT_EQ(first.bias_init, network::Initialiser::zeros());
  EXPECT_EQ(std::get<network::Dense>(own.network.layers[2].kind).weight_init, network::Initialiser::he_normal());
}

// A kind that only layer_json knows must be writable: both its bare name and every attribute by its own word.
TEST(NetworkToml, TakesEveryKindThatWorkloadJsonHas) {
  for (const std::string& kind : layer_kind_names()) {
    core::Json attributes = core::Json::object();
    put_attributes(attributes, default_layer(kind));
    std::string layer = "{kind = '" + kind + "'";
    for (const auto& [key, value] : attributes.items()) {
      layer += ", " + key + " = ";
      layer += value.is_object() ? "'" + value["kind"].get<std::string>() + "'" : value.is_number_float() ? value.dump() : value.dump();
    }
    layer += kind == "add" || kind == "concat" ? ", inputs = ['input', 'input']}" : "}";
    const auto study = parse_study("[network.n]\nlayers = [" + layer + "]\n", "n.toml");
    ASSERT_TRUE(study.ok()) << layer << ": " << study.error().message;
    core::Json read_back = core::Json::object();
    put_attributes(read_back, study->networks[0].network.layers[0].kind);
    for (const auto& [key, value] : attributes.items()) {
      if (value.is_object()) continue;
      EXPECT_EQ(read_back[key], value) << kind << "." << key;
    }
  }
}

TEST(NetworkToml, AFileOfNetworksIsAStudyOnTheEngineOfThisProgram) {
  const auto study = parse_study("[network.b]\nlayers = ['flatten', {dense = 10}]\n[network.a]\nlayers = ['flatten', {dense = 10}]\n", "some/where/nets.toml");
  ASSERT_TRUE(study.ok()) << study.error().message;
  EXPECT_EQ(study->name, "nets");
  ASSERT_EQ(study->workloads.size(), 2u);
  EXPECT_EQ(study->workloads[0].network, "b");  // the file's order
  ASSERT_TRUE(study->workloads[0].own.has_value());
  ASSERT_EQ(study->platforms.size(), 1u);
  EXPECT_EQ(study->platforms[0].name, "cpu");
}

struct Mistake {
  const char* from;
  const char* to;
  std::vector<const char*> said;
};

void expect_told(const std::string& good, const std::vector<Mistake>& mistakes) {
  for (const Mistake& mistake : mistakes) {
    std::string text = good;
    const size_t at = text.find(mistake.from);
    ASSERT_NE(at, std::string::npos) << mistake.from;
    text.replace(at, std::string(mistake.from).size(), mistake.to);
    const auto study = parse_study(text, "my.toml");
    ASSERT_FALSE(study.ok()) << mistake.to;
    EXPECT_EQ(study.error().kind, core::ErrorKind::kUsage);
    for (const char* said : mistake.said) EXPECT_NE(study.error().message.find(said), std::string::npos) << said << " not in: " << study.error().message;
  }
}

TEST(NetworkToml, NamesLineAndRemedyOfEveryMistake) {
  expect_told(kTiny, {
                         // names
                         {"[network.tiny]", "[network]", {"my.toml:1:", "[network.NAME]"}},
                         {"[network.tiny]", "[network.mnist-cnn]", {"my.toml:1:", "comes with the program"}},
                         {"[network.tiny]", "[network.\"a b\"]", {"my.toml:1:", "'a b'", "letters"}},
                         {"[network.tiny]", "[networks.tiny]", {"my.toml:1:", "did you mean 'network'?"}},
                         {"name = \"b\"", "name = \"a\"", {"my.toml:10:", "called 'a' already"}},
                         {"name = \"b\"", "name = \"input\"", {"my.toml:10:", "network's input"}},
                         {"name = \"b\"", "name = \"\"", {"my.toml:10:", "must not be empty"}},
                         {"name = \"b\"", "name = 3", {"my.toml:10:", "must be a string", "integer"}},
                         // keys and kinds
                         {"layers = [", "layer = [", {"my.toml:5:", "did you mean 'layers'?"}},
                         {"conv2d = 8, kernel = 3", "conv2 = 8, kernel = 3", {"my.toml:6:", "did you mean 'conv2d'?"}},
                         {"padding = 1", "pad = 1", {"my.toml:6:", "did you mean 'padding'?"}},
                         {"kernel = 3", "kernal = 3", {"my.toml:6:", "did you mean 'kernel'?"}},
                         {"\"relu\"", "\"rellu\"", {"my.toml:7:", "did you mean 'relu'?"}},
                         {"\"relu\"", "{activation = 1}", {"my.toml:7:", "needs its kind", "max_pool2d"}},
                         {"\"relu\"", "{relu = \"stem\", flatten = \"stem\"}", {"my.toml:7:", "one kind"}},
                         {"\"relu\"", "7", {"my.toml:7:", "\"relu\"", "integer"}},
                         {"kind = \"dropout\"", "kind = \"dropot\"", {"my.toml:13:", "did you mean 'dropout'?"}},
                         // types and values
                         {"conv2d = 8", "conv2d = \"8\"", {"my.toml:6:", "'channels'", "whole number", "string"}},
                         {"conv2d = 8", "conv2d = 8.5", {"my.toml:6:", "'channels'", "whole number", "floating-point"}},
                         {"conv2d = 8", "conv2d = 0", {"my.toml:6:", "at least one channel"}},
                         {"conv2d = 8", "conv2d = 8000000000", {"my.toml:6:", "up to 1000000", "8000000000"}},
                         {"kernel = 3, ", "", {"my.toml:6:", "needs 'kernel'"}},
                         {"kernel = [1, 3]", "kernel = [1, 3, 5]", {"my.toml:9:", "[height, width]"}},
                         {"\"relu\"", "{relu = 3}", {"my.toml:7:", "no value but the names"}},
                         {"max_pool2d = 2", "max_pool2d = 2, kernel = 3", {"my.toml:8:", "given twice"}},
                         {"{dense = 10, bias = false", "{bias = false, kind = \"dense\"", {"my.toml:15:", "needs 'outputs'"}},
                         {"bias = false", "bias = 0", {"my.toml:15:", "true or false", "0"}},
                         {"rate = 0.25", "rate = \"low\"", {"my.toml:13:", "a number"}},
                         {"rate = 0.25", "rate = 1.0", {"my.toml:13:", "[0, 1)"}},
                         {"\"he_normal\"", "\"he_norml\"", {"my.toml:15:", "did you mean 'he_normal'?"}},
                         {"\"he_normal\"", "\"scaled_normal\"", {"my.toml:15:", "scale = 0.1"}},
                         {"\"he_normal\"", "{kind = \"he_normal\", scal = 2}", {"my.toml:15:", "'scal'"}},
                         {"\"he_normal\"", "7", {"my.toml:15:", "zeros", "integer"}},
                         {"input = [1, 28, 28]", "input = [28, 28]", {"my.toml:3:", "[channels, height, width]"}},
                         {"input = [1, 28, 28]", "input = [1, 28, -28]", {"my.toml:3:", "[channels, height, width]"}},
                         {"input = [1, 28, 28]", "input = \"28x28\"", {"my.toml:3:", "list of whole numbers"}},
                         {"classes = 10", "classes = 0", {"my.toml:4:", "classes"}},
                         {"layers = [", "layers = []\nx = [", {"my.toml:6:", "'x'"}},
                         // branches
                         {"inputs = \"pool\"", "inputs = \"pol\"", {"my.toml:9:", "did you mean 'pool'?"}},
                         {"inputs = \"pool\"", "inputs = \"b\"", {"my.toml:9:", "no earlier layer"}},
                         {"inputs = \"pool\"", "input = \"pool\"", {"my.toml:9:", "did you mean 'inputs'?"}},
                         {"inputs = \"pool\"", "inputs = 2", {"my.toml:9:", "name of an earlier layer"}},
                         {"add = [\"a\", \"b\"]", "add = [\"a\", \"b\"], inputs = [\"a\"]", {"my.toml:11:", "given twice"}},
                         // shapes
                         {"kernel = 3, padding = 1", "kernel = 31, padding = 1", {"my.toml:6:", "31x31", "does not fit into its input 1x28x28"}},
                         {"padding = [0, 1]", "padding = 0", {"my.toml:11:", "different shapes, 8x14x12 and 8x14x14"}},
                         {"add = [\"a\", \"b\"]", "add = [\"a\", \"a\"]", {"my.toml:10:", "nothing reads layer 'b'"}},
                         {"add = [\"a\", \"b\"]", "add = \"a\"", {"my.toml:11:", "at least two inputs"}},
                         {"dense = 10", "dense = 11", {"my.toml:15:", "10 classes need 10x1x1"}},
                         {"conv2d = 8, kernel = 3", "conv2d = 1000000, kernel = 3, groups = 3", {"my.toml:6:", "3 groups"}},
                         {"\"flatten\",", "{conv2d = 1000000, kernel = 1, padding = 1000},", {"my.toml:14:", "1000000x2014x2014"}},
                         {"{dense = 10,", "{dense = 1000000}, {dense = 10,", {"my.toml:15:", "'dense_1'", "2147483647"}},
                     });
}

TEST(NetworkToml, AShapeThatOnlyTheDataSetShowsIsToldAtItsLineToo) {
  const auto tiny = tests::make_tiny();
  const auto refused = [&](const std::string& toml, const char* said) {
    const auto study = parse_study(toml, "my.toml");
    ASSERT_TRUE(study.ok()) << study.error().message;
    const auto workload = resolve(study->workloads.at(0), tiny->dataset());
    ASSERT_FALSE(workload.ok()) << toml;
    EXPECT_EQ(workload.error().kind, core::ErrorKind::kUsage);
    EXPECT_NE(workload.error().message.find(said), std::string::npos) << workload.error().message;
  };
  refused("[network.n]\nlayers = [\n'flatten',\n{conv2d = 3, kernel = 3},\n{dense = 10}]", "my.toml:4: network 'n': layer 'conv2d_1'");
  refused("[network.n]\nlayers = ['flatten',\n{dense = 7}]", "my.toml:3: the network 'n' ends with 7 values, but the data set tiny has 10 classes");
  refused("[network.n]\ninput = [3, 28, 28]\nlayers = ['flatten', {dense = 10}]", "my.toml:1: 'input' of the network 'n' is 3x28x28");
  refused(
      "[network.n]\nlayers = ['flatten', {dense = 10},\n'relu', {conv2d = 10, kernel = 1}, {dense = "
      "10}]\n[[workload]]\nnetwork='n'\nbatch_size=1000\n[[platform]]\nname='cpu'",
      "--batch-size (batch_size)");
}

TEST(NetworkToml, ResolvesToAWorkloadThatWorkersCanRead) {
  const auto tiny = tests::make_tiny();
  const auto study = parse_study("[network.n]\nlayers = ['flatten', {dense = 10}]", "my.toml");
  const auto workload = resolve(study->workloads.at(0), tiny->dataset());
  ASSERT_TRUE(workload.ok()) << workload.error().message;
  EXPECT_EQ(workload->network.classes, 10);
  const auto back = from_json(to_json(*workload));
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(workload_hash(*back), workload_hash(*workload));
}

}  // namespace
}  // namespace trainmark::workload
