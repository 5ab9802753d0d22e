// Values of operations against their definitions, written here a second time in the simplest way.
#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "backends/reference/dropout.hpp"
#include "backends/reference/execution.hpp"
#include "backends/reference/layers.hpp"
#include "plan/passes.hpp"
#include "support/random_samples.hpp"
#include "support/random_state.hpp"

namespace trainmark::tests {
namespace {

namespace reference = backends::reference;

// A network after one step, with all its tensors to look at.
struct Ran {
  RandomSamples samples;
  data::SamplesView view;
  core::ThreadPool pool{2};
  reference::State<double> state;
  std::unique_ptr<reference::Execution<double>> execution;
  reference::StepResults results;

  Ran(const network::Network& network, const plan::Plan& plan, int64_t batch, const core::TensorMap& given)
      : samples(network.input, batch, network.classes, 1), view(samples.view()) {
    state.add(plan, false).value();
    state.load(given).value();
    execution = std::make_unique<reference::Execution<double>>(plan, state, pool, reference::ExecutionOptions{});
    execution->run(step_input(samples, view), results);
  }
  std::vector<double> values(const std::string& tensor) const {
    const auto array = execution->array(plan::find_tensor(execution->plan(), tensor));
    return {array.values, array.values + array.shape.size()};
  }
  plan::Extents shape(const std::string& tensor) const { return execution->array(plan::find_tensor(execution->plan(), tensor)).shape; }
};

double pixel(const std::vector<double>& x, const plan::Extents& s, int64_t n, int64_t c, int64_t h, int64_t w) {
  const bool inside = h >= 0 && h < s.h && w >= 0 && w < s.w;
  return inside ? x[static_cast<size_t>(((n * s.c + c) * s.h + h) * s.w + w)] : 0;
}

// The definition of a convolution, seven loops.
std::vector<double> naive_conv(const network::Conv2d& conv, const std::vector<double>& x, const plan::Extents& xs, const std::vector<double>& w,
                               const std::vector<double>& b, const plan::Extents& ys) {
  const network::Window& k = conv.window;
  const int64_t per_group = xs.c / conv.groups;
  std::vector<double> y;
  for (int64_t n = 0; n < ys.n; ++n) {
    for (int64_t oc = 0; oc < ys.c; ++oc) {
      for (int64_t p = 0; p < ys.h; ++p) {
        for (int64_t q = 0; q < ys.w; ++q) {
          double sum = b.empty() ? 0 : b[static_cast<size_t>(oc)];
          for (int64_t ic = 0; ic < per_group; ++ic) {
            for (int64_t r = 0; r < k.kernel_h; ++r) {
              for (int64_t s = 0; s < k.kernel_w; ++s) {
                const int64_t channel = oc / (ys.c / conv.groups) * per_group + ic;
                sum += w[static_cast<size_t>(((oc * per_group + ic) * k.kernel_h + r) * k.kernel_w + s)] *
                       pixel(x, xs, n, channel, p * k.stride_h - k.pad_h + r * k.dilation_h, q * k.stride_w - k.pad_w + s * k.dilation_w);
              }
            }
          }
          y.push_back(sum);
        }
      }
    }
  }
  return y;
}

TEST(ReferenceValues, ConvolutionsFollowTheDefinitionInEveryShape) {
  int checked = 0;
  for (const LayerCase& layer : layer_cases()) {
    const auto* conv = layer.network.layers.size() > 1 ? std::get_if<network::Conv2d>(&layer.network.layers[1].kind) : nullptr;
    if (conv == nullptr || layer.network.layers[1].name != "layer") continue;
    const core::TensorMap state = random_state(layer.network, 3);
    const Ran ran(layer.network, plan::evaluation_plan(layer.network, layer.batch), layer.batch, state);
    const std::vector<double> bias = conv->bias ? doubles(state.at("layer.bias")) : std::vector<double>{};
    const std::vector<double> expected =
        naive_conv(*conv, ran.values("before"), ran.shape("before"), doubles(state.at("layer.weight")), bias, ran.shape("layer"));
    const std::vector<double> got = ran.values("layer");
    ASSERT_EQ(expected.size(), got.size()) << layer.name;
    for (size_t i = 0; i < got.size(); ++i) ASSERT_NEAR(got[i], expected[i], 1e-12) << layer.name << " at " << i;
    ++checked;
  }
  EXPECT_GE(checked, 28);
}

// A pool straight on the input, whose pixels the test chooses.
struct PoolRun {
  std::unique_ptr<Ran> ran;
  PoolRun(const network::LayerKind& kind, const std::vector<uint8_t>& pixels, int64_t size) {
    network::Builder builder("pool", "", {1, size, size}, 2);
    builder.add("pool", kind);
    const network::Network network = close(builder, 2);
    ran = std::make_unique<Ran>(network, plan::evaluation_plan(network, 1), 1, random_state(network, 1));
    ran->samples.pixels = pixels;
    for (size_t i = 0; i < 256; ++i) ran->samples.normalisation.channels[0][i] = static_cast<float>(i) - 100;
    ran->execution->run(step_input(ran->samples, ran->view), ran->results);
  }
};

TEST(ReferenceValues, AveragePoolsCountPaddedZeros) {
  const PoolRun pool(network::AveragePool2d{network::Window::square(2, 2, 1)}, {104, 108, 112, 116}, 2);
  EXPECT_EQ(pool.ran->values("pool"), (std::vector<double>{1, 2, 3, 4}));
}

TEST(ReferenceValues, MaxPoolsIgnorePaddingEvenWhereEverythingIsNegative) {
  const PoolRun pool(network::MaxPool2d{network::Window::square(2, 2, 1)}, {1, 2, 3, 4}, 2);
  EXPECT_EQ(pool.ran->values("pool"), (std::vector<double>{-99, -98, -97, -96}));
}

TEST(ReferenceValues, TheFirstMaximumOfAWindowTakesTheGradient) {
  network::Builder builder("ties", "", {1, 2, 2}, 2);
  builder.add("before", conv(1, network::Window::square(1), 1, false));
  builder.add("pool", network::MaxPool2d{network::Window::square(2)});
  const network::Network network = close(builder, 2);
  core::TensorMap state = random_state(network, 1);
  doubles(state["before.weight"]) = {0};  // all four values are equal
  const Ran ran(network, plan::training_plan(network, 1, {}), 1, state);
  const std::vector<double> gradient = ran.values("dbefore.pool");
  EXPECT_NE(gradient[0], 0);
  EXPECT_EQ((std::vector<double>(gradient.begin() + 1, gradient.end())), (std::vector<double>{0, 0, 0}));
}

TEST(ReferenceValues, BatchNormMovesRunningStatisticsByMomentumTowardsUnbiasedVariance) {
  const LayerCase layer = around("norm", network::BatchNorm{1e-5, 0.25}, 3);
  const core::TensorMap before = random_state(layer.network, 5);
  Ran ran(layer.network, plan::training_plan(layer.network, 2, {}), 2, before);
  const std::vector<double> x = ran.values("before");
  const int64_t m = 2 * 7 * 7;
  for (size_t c = 0; c < 3; ++c) {
    double mean = 0, variance = 0;
    for (size_t i = 0; i < x.size(); ++i) mean += i / 49 % 3 == c ? x[i] / m : 0;
    for (size_t i = 0; i < x.size(); ++i) variance += i / 49 % 3 == c ? (x[i] - mean) * (x[i] - mean) / (m - 1) : 0;
    EXPECT_NEAR(ran.state["layer.running_mean"].values[c], 0.75 * doubles(before.at("layer.running_mean"))[c] + 0.25 * mean, 1e-14);
    EXPECT_NEAR(ran.state["layer.running_var"].values[c], 0.75 * doubles(before.at("layer.running_var"))[c] + 0.25 * variance, 1e-14);
  }
}

TEST(ReferenceValues, DropoutMasksDependOnSeedStepLayerAndElementAlone) {
  std::vector<uint8_t> whole(1000), part(1000), other(1000);
  reference::dropout_mask(0.3, 7, 5, 2, 0, 1000, whole.data());
  reference::dropout_mask(0.3, 7, 5, 2, 333, 1000, part.data());
  EXPECT_TRUE(std::equal(whole.begin() + 333, whole.end(), part.begin()));
  const double kept = static_cast<double>(std::count(whole.begin(), whole.end(), 1)) / 1000;
  EXPECT_NEAR(kept, 0.7, 0.06);  // four standard deviations
  reference::dropout_mask(0.3, 8, 5, 2, 0, 1000, other.data());
  EXPECT_NE(whole, other);
  reference::dropout_mask(0.3, 7, 6, 2, 0, 1000, other.data());
  EXPECT_NE(whole, other);
  reference::dropout_mask(0.3, 7, 5, 3, 0, 1000, other.data());
  EXPECT_NE(whole, other);
}

TEST(ReferenceValues, DropoutScalesWhatItKeeps) {
  const LayerCase layer = around("drop", network::Dropout{0.4}, 7);
  const Ran ran(layer.network, plan::training_plan(layer.network, 2, {}), 2, random_state(layer.network, 5));
  const std::vector<double> x = ran.values("before"), y = ran.values("layer");
  std::vector<uint8_t> mask(x.size());
  reference::dropout_mask(0.4, 7, 0, 1, 0, static_cast<int64_t>(x.size()), mask.data());  // seed and step of step_input, layer 1
  for (size_t i = 0; i < x.size(); ++i) ASSERT_NEAR(y[i], mask[i] != 0 ? x[i] / 0.6 : 0, 1e-15);
}

TEST(ReferenceValues, LossIsTheMeanCrossEntropyAndCountsTheFirstOfEqualLogits) {
  network::Builder builder("loss", "", {1, 2, 2}, 3);
  const network::Network network = close(builder, 3);
  core::TensorMap state = random_state(network, 1);
  std::fill(doubles(state["out.weight"]).begin(), doubles(state["out.weight"]).end(), 0.0);
  doubles(state["out.bias"]) = {0.5, 2, 2};  // every image's logits
  Ran ran(network, plan::evaluation_plan(network, 3), 3, state);
  ran.samples.labels = {1, 1, 2};
  ran.execution->run(step_input(ran.samples, ran.view), ran.results);
  const double log_sum = std::log(std::exp(0.5) + 2 * std::exp(2.0));
  EXPECT_NEAR(ran.results.loss, (3 * log_sum - 2 - 2 - 2) / 3, 1e-14);
  EXPECT_EQ(ran.results.correct, 2);  // logit 1 is the first of equals: the last image, whose label is 2, is wrong
}

}  // namespace
}  // namespace trainmark::tests
