// The reference against PyTorch in float64: every layer kind, the small networks, every optimiser, loss
// and schedule, clipping, passes, and the running statistics.
#include <gtest/gtest.h>

#include <cstdlib>

#include "backends/reference/layers.hpp"
#include "backends/reference/oracle_case.hpp"
#include "network/zoo.hpp"
#include "support/random_network.hpp"
#include "support/source_folder.hpp"

namespace trainmark::tests {
namespace {

// A layer of a random kind with random parameters, that its input allows.
LayerCase random_layer(uint64_t seed) {
  core::Philox random(seed, 0x1A);
  const auto pick = [&](int64_t low, int64_t high) { return low + static_cast<int64_t>(random.below(static_cast<uint32_t>(high - low + 1))); };
  const int64_t groups = pick(1, 3), channels = groups * pick(1, 4), size = pick(7, 10);
  network::Window window{pick(1, 3), pick(1, 3), pick(1, 3), pick(1, 3), 0, 0, 1, 1};
  window.pad_h = pick(0, window.kernel_h / 2);
  window.pad_w = pick(0, window.kernel_w / 2);
  const std::string name = "random_layer_" + std::to_string(seed);
  switch (seed % 6) {
    case 0:
      return around(name, network::AveragePool2d{window}, channels, size, 3);
    case 1:
      return around(name, network::BatchNorm{1e-5 + 0.1 * random.uniform(), random.uniform()}, channels, size, 3);
    case 2:
      return around(name, network::LayerNorm{1e-5 + 0.1 * random.uniform()}, channels, size, 3);
    case 3:
      return around(name, network::Dropout{0.9 * random.uniform()}, channels, size, 3);
    default:
      window.dilation_h = pick(1, 2);
      window.dilation_w = pick(1, 3);
      if (seed % 6 == 4) return around(name, network::MaxPool2d{window}, channels, size, 3);
      return around(name, conv(groups * pick(1, 3), window, groups, pick(0, 1) == 0), channels, size, 3);
  }
}

// The same small network with everything that a training may touch, under another name.
network::Network trained(size_t number) {
  network::Builder builder("training_" + std::to_string(number), "", {2, 6, 6}, 5);
  builder.add("conv", conv(4, network::Window::square(3)));
  builder.add("norm", network::BatchNorm{});
  builder.add("gelu", network::Gelu{});
  builder.add("drop", network::Dropout{0.2});
  builder.add("hidden", dense(12));
  builder.add("norm2", network::LayerNorm{});
  builder.add("tanh", network::Tanh{});
  return close(builder, 5);
}

TEST(OracleSlow, ReferenceEqualsPytorchInFloat64) {
  const char* python = std::getenv("TRAINMARK_ORACLE_PYTHON");
  if (python == nullptr) GTEST_SKIP() << "TRAINMARK_ORACLE_PYTHON does not name a Python with torch and numpy";
  const auto folder = core::TemporaryFolder::make(std::filesystem::temp_directory_path(), "trainmark-oracle");
  ASSERT_TRUE(folder.ok());
  size_t number = 0;
  const auto write = [&](const network::Network& network, int64_t batch) {
    const auto written = write_oracle_case(folder->path(), network, batch, oracle_training(number++, batch));
    ASSERT_TRUE(written.ok()) << network.name << ": " << written.error().message;
  };
  for (const LayerCase& layer : layer_cases()) write(layer.network, layer.batch);
  for (uint64_t seed = 0; seed < 90; ++seed) write(random_layer(seed).network, 3);
  for (const network::Network& network : network::zoo()) write(network, 6);
  for (uint64_t seed = 1; seed <= 40; ++seed) write(RandomNetwork(seed).make(), 3);
  for (size_t i = 0; i < 160; ++i) write(trained(i), 6);
  const std::filesystem::path script = source_folder() / "tests" / "oracle" / "compare_reference.py";
  const std::string command = "'" + std::string(python) + "' '" + script.string() + "' '" + folder->path().string() + "'";
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
}

}  // namespace
}  // namespace trainmark::tests
