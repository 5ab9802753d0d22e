// A network, an engine and a training set, ready to run steps as a trial would: the network's own recipe, a training set
// of the size of MNIST, every step with other images of it. A bench whose steps all read the same images would find them
// in the cache; in a training they come from memory.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backends/cpu/engine.hpp"
#include "plan/passes.hpp"

namespace trainmark::bench {

struct Workbench {
  std::vector<uint8_t> pixels, labels;
  std::vector<int32_t> order;  ///< one epoch: shuffled where the recipe says so
  data::SamplesView view;
  data::NormalisationTable normalisation;
  std::unique_ptr<backends::Engine> engine;
  std::unique_ptr<backends::Program> program;
  backends::StepInput input;
  backends::StepOutput output;
  int64_t batch = 0, next = 0;  ///< images of a step; position in the order
  int64_t flops = 0;            ///< counted, per step

  Workbench(const std::string& name, int64_t batch_size, int threads, const std::string& isa);

  /// The batch of the next step.
  void advance();
};

/// What one thread cost, in ns: its CPU time, so that a busy machine is not counted; of several threads, time on the clock.
int64_t step_clock_ns(int threads);

}  // namespace trainmark::bench
