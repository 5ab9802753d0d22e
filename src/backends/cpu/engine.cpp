// Engine: state and threads, shared by the programs that it compiles.
#include "backends/cpu/engine.hpp"

#include <fmt/format.h>

#include "backends/cpu/neighbour_search.hpp"
#include "backends/cpu/program.hpp"
#include "backends/cpu/targets.hpp"
#include "plan/engine_passes.hpp"

namespace trainmark::backends::cpu {
namespace {

class CpuEngine : public Engine {
 public:
  CpuEngine(const Kernels& kernels, const EngineOptions& options) : kernels_(kernels), pixels_(options.pixels), pool_(options.threads) {}

  core::Result<std::unique_ptr<Program>> compile(const plan::Plan& plan) override {
    plan::Plan compiled = plan::engine_plan(plan);
    if (const auto added = state_.add(compiled); !added) return added.error();
    return CpuProgram::make(std::move(compiled), state_, kernels_, pool_, pixels_);
  }
  core::Result<void> load(const core::TensorMap& state) override { return state_.load(state); }
  core::TensorMap dump() const override { return state_.dump(); }

 private:
  const Kernels& kernels_;
  data::PixelStatistics pixels_;
  core::ThreadPool pool_;
  State state_;
};

}  // namespace

core::Result<std::unique_ptr<Engine>> create_engine(const EngineOptions& options) {
  if (options.threads < 1) return core::usage_error(fmt::format("The engine cpu cannot run on {} threads; ask for at least 1.", options.threads));
  if (!options.dtype.empty() && options.dtype != "float32") {
    return core::usage_error(fmt::format("The engine cpu does not compute in '{}'; choose float32.", options.dtype));
  }
  const auto kernels = kernels_for(options.isa);
  if (!kernels) return kernels.error();
  return std::unique_ptr<Engine>(std::make_unique<CpuEngine>(**kernels, options));
}

BackendInfo info() {
  BackendInfo info;
  info.name = "cpu";
  info.description = "native kernels for small networks: a static plan, slices of the batch kept in the cache, vectors of images";
  info.version = highway_version();
  info.dtypes = {"float32"};
  info.isas = supported_isas();
  info.create = create_engine;
  info.create_neighbours = create_neighbours;
  return info;
}

}  // namespace trainmark::backends::cpu
