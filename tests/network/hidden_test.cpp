// The hidden width as a size: what has one, what changes with it, and its name.
#include "network/hidden.hpp"

#include <gtest/gtest.h>

#include "network/parameters.hpp"
#include "network/zoo.hpp"

namespace trainmark::network {
namespace {

TEST(HiddenWidth, BelongsToPerceptronsWithOneWidth) {
  EXPECT_EQ(hidden_width(find_network("mnist-mlp").value()), 128);
  EXPECT_EQ(hidden_width(find_network("mnist-mlp-10").value()), 10);
  EXPECT_EQ(hidden_width(find_network("mnist-cnn").value()), std::nullopt);
  EXPECT_EQ(hidden_width(find_network("mnist-knn").value()), std::nullopt);
  Network uneven = find_network("mnist-mlp").value();
  for (Layer& layer : uneven.layers) {
    if (layer.name == "fc1") std::get<Dense>(layer.kind).outputs = 64;
  }
  EXPECT_EQ(hidden_width(uneven), std::nullopt);
}

TEST(HiddenWidth, ChangesEveryHiddenLayerAndTheNameAndNoOutput) {
  const Network wide = with_hidden_width(find_network("mnist-mlp").value(), 512).value();
  EXPECT_EQ(hidden_width(wide), 512);
  EXPECT_EQ(wide.name, "mnist-mlp-hidden-512");
  EXPECT_EQ(name_without_width(wide.name), "mnist-mlp");
  EXPECT_EQ(name_without_width("my-hidden-net"), "my-hidden-net");
  EXPECT_EQ(parameter_count(wide), 784 * 512 + 512 + 512 * 512 + 512 + 512 * 10 + 10);
  EXPECT_EQ(with_hidden_width(find_network("mnist-mlp-10").value(), 10).value().name, "mnist-mlp-10") << "its own width is itself";
}

TEST(HiddenWidth, IsRefusedWhereThereIsNoneOrItCannotBe) {
  EXPECT_NE(with_hidden_width(find_network("mnist-cnn").value(), 32).error().message.find("'mnist-cnn' has no one hidden width"), std::string::npos);
  EXPECT_FALSE(with_hidden_width(find_network("mnist-mlp").value(), 0).ok());
  EXPECT_FALSE(with_hidden_width(find_network("mnist-mlp").value(), kMostHidden + 1).ok());
}

}  // namespace
}  // namespace trainmark::network
