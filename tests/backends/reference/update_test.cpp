// The update against the recipe's formulas, written here by hand.
#include <gtest/gtest.h>

#include "backends/reference/checked_step.hpp"
#include "network/zoo.hpp"
#include "plan/passes.hpp"
#include "support/random_samples.hpp"
#include "support/random_state.hpp"

namespace trainmark::tests {
namespace {

struct Recipe {
  double momentum;
  bool nesterov;
  double decay;
};

// Formulas of https://pytorch.org/docs/stable/generated/torch.optim.SGD.html, dampening 0.
void expect_formula(const Recipe& recipe) {
  const network::Network network = network::find_network("mnist-mlp").value();
  constexpr double kRate = 0.07;
  plan::Optimiser sgd;
  sgd.momentum = recipe.momentum;
  sgd.nesterov = recipe.nesterov;
  sgd.weight_decay = recipe.decay;
  const plan::Plan plan = plan::training_plan(network, 3, sgd);
  const RandomSamples samples(network.input, 3, network.classes, 1);
  const data::SamplesView view = samples.view();
  core::TensorMap state = random_state(network, 2);
  for (int64_t step = 0; step < 3; ++step) {
    const auto result = backends::reference::checked_step(plan, state, step_input(samples, view, kRate, step), {});
    ASSERT_TRUE(result.ok());
    for (const auto& [name, gradient] : result->gradients) {
      const bool has_velocity = state.count(name + ".momentum") != 0;
      for (size_t i = 0; i < doubles(gradient).size(); ++i) {
        const double w = doubles(state.at(name))[i], g = doubles(gradient)[i] + recipe.decay * w;
        const double m = recipe.momentum * (has_velocity ? doubles(state.at(name + ".momentum"))[i] : 0) + g;
        const double change = recipe.momentum == 0 ? g : recipe.nesterov ? g + recipe.momentum * m : m;
        ASSERT_NEAR(doubles(result->state_after.at(name))[i], w - kRate * change, 1e-15) << name << " in step " << step;
        if (recipe.momentum == 0) continue;
        ASSERT_NEAR(doubles(result->state_after.at(name + ".momentum"))[i], m, 1e-15);
      }
    }
    state = result->state_after;
  }
  EXPECT_EQ(state.count("fc1.weight.momentum"), recipe.momentum != 0 ? 1u : 0u);
}

TEST(ReferenceUpdate, PlainDescent) { expect_formula({0, false, 0}); }
TEST(ReferenceUpdate, WeightDecay) { expect_formula({0, false, 0.02}); }
TEST(ReferenceUpdate, Momentum) { expect_formula({0.9, false, 0}); }
TEST(ReferenceUpdate, MomentumAndWeightDecay) { expect_formula({0.8, false, 0.02}); }
TEST(ReferenceUpdate, Nesterov) { expect_formula({0.9, true, 0}); }
TEST(ReferenceUpdate, NesterovAndWeightDecay) { expect_formula({0.5, true, 0.02}); }

}  // namespace
}  // namespace trainmark::tests
