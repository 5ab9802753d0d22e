// A network, an engine and a batch, ready to run steps.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backends/cpu/engine.hpp"
#include "core/philox.hpp"
#include "network/parameters.hpp"
#include "network/zoo.hpp"
#include "plan/passes.hpp"

namespace trainmark::bench {

struct Workbench {
  std::vector<uint8_t> pixels, labels;
  std::vector<int32_t> indices;
  data::SamplesView view;
  data::NormalisationTable normalisation;
  plan::Plan plan;
  std::unique_ptr<backends::Engine> engine;
  std::unique_ptr<backends::Program> program;
  backends::StepInput input;
  backends::StepOutput output;
  int64_t flops = 0;  ///< counted, per step

  Workbench(const std::string& name, int64_t batch, int threads, const std::string& isa, double momentum) {
    const auto network = network::find_network(name);
    plan::Optimiser optimiser;
    optimiser.momentum = momentum;
    plan = plan::training_plan(*network, batch, optimiser);
    backends::EngineOptions options;
    options.threads = threads;
    options.isa = isa;
    engine = std::move(*backends::cpu::create_engine(options));
    program = std::move(*engine->compile(plan));
    engine->load(network::initial_state(*network, 1)).value();
    for (const plan::Op& op : plan.ops) flops += op.cost.flops;
    const int64_t count = std::max<int64_t>(batch, 10000);
    core::Philox random(1);
    view.shape = {network->input.c, network->input.h, network->input.w};
    pixels.resize(static_cast<size_t>(count * view.shape.size()));
    labels.resize(static_cast<size_t>(count));
    for (auto& p : pixels) p = random.below(2) == 0 ? 0 : static_cast<uint8_t>(random.below(256));
    for (auto& l : labels) l = static_cast<uint8_t>(random.below(10));
    for (int64_t i = 0; i < batch; ++i) indices.push_back(static_cast<int32_t>(random.below(static_cast<uint32_t>(count))));
    view.pixels = pixels.data();
    view.labels = labels.data();
    view.count = count;
    view.classes = 10;
    const double mean[] = {0.1307}, deviation[] = {0.3081}, zero[] = {0.0}, one[] = {1.0};
    const bool plain = name == "mnist-mlp-10";  // that study divides by 255 only
    normalisation = data::make_normalisation(255, plain ? zero : mean, plain ? one : deviation);
    input.samples = &view;
    input.normalisation = &normalisation;
    input.indices = indices.data();
    input.learning_rate = 0.001;
  }
};

}  // namespace trainmark::bench
