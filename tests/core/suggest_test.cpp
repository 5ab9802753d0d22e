// Suggestions for mistyped names.
#include "core/suggest.hpp"

#include <gtest/gtest.h>

namespace trainmark::core {
namespace {

const std::vector<std::string> kKnown = {"mnist-mlp", "mnist-cnn", "resnet18"};

TEST(Suggest, FindsTheNearestWord) {
  EXPECT_EQ(nearest_word("mnist-mpl", kKnown), "mnist-mlp");
  EXPECT_EQ(nearest_word("resnet-18", kKnown), "resnet18");
  EXPECT_EQ(nearest_word("mnist-cnn", kKnown), "mnist-cnn");
}

TEST(Suggest, SaysNothingWhenNoneIsNear) {
  EXPECT_EQ(nearest_word("transformer", kKnown), "");
  EXPECT_EQ(did_you_mean("transformer", kKnown), "");
  EXPECT_EQ(nearest_word("x", {}), "");
  EXPECT_EQ(did_you_mean("resnet-18", kKnown), " (did you mean 'resnet18'?)");
}

}  // namespace
}  // namespace trainmark::core
