// A test case as files for the Python oracle: the network as JSON, and what the reference computed from it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "backends/reference/checked_step.hpp"
#include "core/file.hpp"
#include "core/json.hpp"
#include "network/network.hpp"
#include "plan/passes.hpp"
#include "support/random_samples.hpp"
#include "support/random_state.hpp"

namespace trainmark::tests {

inline core::Json window_json(const network::Window& w) {
  return {{"kernel", {w.kernel_h, w.kernel_w}}, {"stride", {w.stride_h, w.stride_w}}, {"pad", {w.pad_h, w.pad_w}}, {"dilation", {w.dilation_h, w.dilation_w}}};
}

inline core::Json layer_json(const network::Layer& layer) {
  core::Json json = {{"name", layer.name}, {"kind", network::kind_name(layer.kind)}, {"inputs", layer.inputs}};
  if (const auto* c = std::get_if<network::Conv2d>(&layer.kind)) {
    json.update(window_json(c->window));
    json["groups"] = c->groups;
  }
  if (const auto* p = std::get_if<network::MaxPool2d>(&layer.kind)) json.update(window_json(p->window));
  if (const auto* p = std::get_if<network::AveragePool2d>(&layer.kind)) json.update(window_json(p->window));
  if (const auto* b = std::get_if<network::BatchNorm>(&layer.kind)) json.update({{"epsilon", b->epsilon}, {"momentum", b->momentum}});
  if (const auto* d = std::get_if<network::Dropout>(&layer.kind)) json["rate"] = d->rate;
  return json;
}

/// Optimisers that together use every term of the update.
inline plan::Optimiser oracle_optimiser(size_t number) {
  plan::Optimiser sgd;
  sgd.learning_rate = 0.05;
  sgd.momentum = number % 4 == 0 ? 0 : 0.9;
  sgd.nesterov = number % 4 >= 2;
  sgd.weight_decay = number % 2 == 0 ? 0 : 1e-2;
  return sgd;
}

/// Trains three steps on one batch and evaluates it; writes FOLDER/NAME.json and .safetensors.
inline core::Result<void> write_oracle_case(const std::filesystem::path& folder, const network::Network& network, int64_t batch, const plan::Optimiser& sgd) {
  namespace reference = backends::reference;
  const RandomSamples samples(network.input, batch, network.classes, 3);
  const data::SamplesView view = samples.view();
  core::TensorMap state = random_state(network, 4), files;
  for (const auto& [name, tensor] : state) files["before/" + name] = tensor;

  core::Json json = {{"seed", 7}, {"rate", sgd.learning_rate}, {"momentum", sgd.momentum}, {"nesterov", sgd.nesterov}, {"decay", sgd.weight_decay}};
  const plan::Plan train = plan::training_plan(network, batch, sgd);
  for (int64_t step = 0; step < 3; ++step) {
    const auto result = reference::checked_step(train, state, step_input(samples, view, sgd.learning_rate, step), {});
    if (!result) return result.error();
    json["losses"].push_back(result->loss);
    for (const auto& [name, tensor] : result->gradients) {
      if (step == 0) files["gradient/" + name] = tensor;
    }
    state = result->state_after;
  }
  for (const auto& [name, tensor] : state) files["after/" + name] = tensor;
  const auto evaluated = reference::checked_step(plan::evaluation_plan(network, batch), state, step_input(samples, view), {});
  if (!evaluated) return evaluated.error();
  json["evaluation_loss"] = evaluated->loss;
  json["correct"] = evaluated->correct;
  files["margins"] = {{batch}, evaluated->margins};

  std::vector<double> x;
  const auto area = static_cast<size_t>(network.input.h * network.input.w);
  for (size_t i = 0; i < samples.pixels.size(); ++i)
    x.push_back(samples.normalisation.channels[i / area % static_cast<size_t>(network.input.c)][samples.pixels[i]]);
  files["x"] = {{batch, network.input.c, network.input.h, network.input.w}, std::move(x)};
  files["labels"] = {{batch}, std::vector<int64_t>(samples.labels.begin(), samples.labels.end())};
  for (const network::Layer& layer : network.layers) json["layers"].push_back(layer_json(layer));
  if (const auto written = core::write_file(folder / (network.name + ".json"), json.dump()); !written) return written.error();
  return core::write_safetensors(folder / (network.name + ".safetensors"), files);
}

}  // namespace trainmark::tests
