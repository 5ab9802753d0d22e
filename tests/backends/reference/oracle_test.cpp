// The reference against PyTorch in float64: every layer kind, the small networks, the update and the running statistics.
#include <gtest/gtest.h>

#include <cstdlib>

#include "backends/reference/layers.hpp"
#include "backends/reference/oracle_case.hpp"
#include "network/zoo.hpp"
#include "support/random_network.hpp"
#include "support/source_folder.hpp"

namespace trainmark::tests {
namespace {

TEST(OracleSlow, ReferenceEqualsPytorchInFloat64) {
  const char* python = std::getenv("TRAINMARK_ORACLE_PYTHON");
  if (python == nullptr) GTEST_SKIP() << "TRAINMARK_ORACLE_PYTHON does not name a Python with torch and numpy";
  const auto folder = core::TemporaryFolder::make(std::filesystem::temp_directory_path(), "trainmark-oracle");
  ASSERT_TRUE(folder.ok());
  size_t number = 0;
  for (const LayerCase& layer : layer_cases()) {
    const auto written = write_oracle_case(folder->path(), layer.network, layer.batch, oracle_optimiser(number++));
    ASSERT_TRUE(written.ok()) << written.error().message;
  }
  for (const network::Network& network : network::zoo()) ASSERT_TRUE(write_oracle_case(folder->path(), network, 5, oracle_optimiser(number++)).ok());
  for (uint64_t seed = 1; seed <= 40; ++seed) ASSERT_TRUE(write_oracle_case(folder->path(), RandomNetwork(seed).make(), 3, oracle_optimiser(number++)).ok());
  const std::filesystem::path script = source_folder() / "tests" / "oracle" / "compare_reference.py";
  const std::string command = "'" + std::string(python) + "' '" + script.string() + "' '" + folder->path().string() + "'";
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
}

}  // namespace
}  // namespace trainmark::tests
