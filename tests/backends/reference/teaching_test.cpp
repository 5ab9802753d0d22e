// docs/forward-and-backward.md: every number of the page, from a run of the reference, and the formulas of the page against it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "backends/reference/checked_step.hpp"
#include "backends/reference/layers.hpp"
#include "core/file.hpp"
#include "plan/passes.hpp"
#include "support/random_samples.hpp"
#include "support/random_state.hpp"
#include "support/source_folder.hpp"

namespace trainmark::tests {
namespace {

using Vector = std::vector<double>;
namespace reference = backends::reference;

class TeachingPage : public testing::Test {
 protected:
  TeachingPage() {
    network::Builder builder("teaching", "", {1, 1, 2}, 2);
    builder.add("flatten", network::Flatten{});
    builder.add("fc1", dense(2));
    builder.add("relu", network::Relu{});
    builder.add("fc2", dense(2));
    network_ = builder.take();
    samples_.pixels = {51, 204};
    samples_.labels = {1};
    samples_.normalisation = data::make_normalisation(255, std::vector<double>{0}, std::vector<double>{1});
    state_ = random_state(network_, 1);
    for (const auto& [name, values] : weights_) doubles(state_[name]) = values;
  }
  reference::CheckedStep step(const core::TensorMap& state) const {
    const data::SamplesView view = samples_.view();
    plan::Optimiser sgd;
    sgd.learning_rate = 0.5;
    return reference::checked_step(plan::training_plan(network_, 1, sgd), state, step_input(samples_, view, 0.5), {}).value();
  }
  void expect_line(const std::string& name, const Vector& values) const {
    std::string line;
    for (const double v : values) line += fmt::format(" {:7.4f}", std::abs(v) < 5e-5 ? 0.0 : v);
    const size_t at = page_.find("\n" + name + " ");
    ASSERT_NE(at, std::string::npos) << name << " is not on the page";
    const std::string found = page_.substr(at + 1, page_.find('\n', at + 1) - at - 1);
    EXPECT_NE(found.find("=" + line), std::string::npos) << "the page says\n" << found << "\nthe run says\n" << name << " =" << line;
  }

  const std::string page_ = core::read_file(source_folder() / "docs" / "forward-and-backward.md").value();
  const std::map<std::string, Vector> weights_ = {
      {"fc1.weight", {0.5, -1, 1, 0.5}}, {"fc1.bias", {0.1, 0}}, {"fc2.weight", {1, -0.5, 0.5, 1}}, {"fc2.bias", {0, 0}}};
  network::Network network_;
  RandomSamples samples_{{1, 1, 2}, 1, 2, 1};
  core::TensorMap state_;
};

TEST_F(TeachingPage, HasTheGradientsWeightsAndLossesOfARun) {
  const auto run = step(state_);
  for (const auto& [name, values] : weights_) {
    expect_line(name, values);
    expect_line("gradient of " + name, run.gradients.at(name).as_double());
    expect_line("new " + name, run.state_after.at(name).as_double());
  }
  expect_line("loss", {run.loss});
  expect_line("new loss", {step(run.state_after).loss});
}

Vector times(const Vector& w, const Vector& x) { return {w[0] * x[0] + w[1] * x[1], w[2] * x[0] + w[3] * x[1]}; }
Vector transposed_times(const Vector& w, const Vector& g) { return {w[0] * g[0] + w[2] * g[1], w[1] * g[0] + w[3] * g[1]}; }

TEST_F(TeachingPage, ItsFormulasGiveTheSame) {
  const Vector x = {0.2, 0.8};
  Vector z1 = times(weights_.at("fc1.weight"), x);
  for (size_t i = 0; i < 2; ++i) z1[i] += weights_.at("fc1.bias")[i];
  const Vector a1 = {std::max(0.0, z1[0]), std::max(0.0, z1[1])};
  const Vector z2 = times(weights_.at("fc2.weight"), a1);
  const double sum = std::exp(z2[0]) + std::exp(z2[1]);
  const Vector p = {std::exp(z2[0]) / sum, std::exp(z2[1]) / sum}, dz2 = {p[0], p[1] - 1};
  const Vector da1 = transposed_times(weights_.at("fc2.weight"), dz2);
  const Vector dz1 = {z1[0] > 0 ? da1[0] : 0, z1[1] > 0 ? da1[1] : 0};
  for (const auto& [name, values] : {std::pair<std::string, Vector>{"x", x},
                                     {"z1", z1},
                                     {"a1", a1},
                                     {"z2", z2},
                                     {"p", p},
                                     {"gradient of z2", dz2},
                                     {"gradient of a1", da1},
                                     {"gradient of z1", dz1}}) {
    expect_line(name, values);
  }
  const auto run = step(state_);
  EXPECT_NEAR(run.loss, -std::log(p[1]), 1e-7);  // pixels are rounded to float32
  const Vector gradient = run.gradients.at("fc1.weight").as_double();
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(gradient[i], dz1[i / 2] * x[i % 2], 1e-7);
}

}  // namespace
}  // namespace trainmark::tests
