// trainmark plan NETWORK: what a step computes, and how an engine arranged it.
#include <fmt/format.h>

#include "backends/backend.hpp"
#include "cli/commands.hpp"
#include "network/parameters.hpp"
#include "network/zoo.hpp"
#include "plan/passes.hpp"
#include "workload/study.hpp"

namespace trainmark::cli {
namespace {

struct PlanArguments {
  std::string network;
  std::string platform;
  int64_t batch = 0;
  bool evaluate = false;
};

core::Result<plan::Plan> arranged(const plan::Plan& plan, const std::string& platform) {
  const backends::BackendInfo* backend = backends::find_backend(platform);
  if (backend == nullptr) return core::usage_error(fmt::format("'{}' is not a native engine; 'trainmark list platforms' lists them", platform));
  auto engine = backend->create({});
  if (!engine) return engine.error();
  auto program = (*engine)->compile(plan);
  if (!program) return program.error();
  return (*program)->plan();
}

core::Result<ExitCode> print_plan(const PlanArguments& arguments) {
  const auto network = network::find_network(arguments.network);
  if (!network) return network.error();
  const workload::Recipe recipe = workload::default_recipe(network->name);
  const int64_t batch = arguments.batch > 0 ? arguments.batch : recipe.batch_size > 0 ? recipe.batch_size : 1000;
  plan::Plan plan = arguments.evaluate ? plan::evaluation_plan(*network, batch) : plan::training_plan(*network, batch, recipe.optimiser);
  if (!arguments.platform.empty()) {
    auto own = arranged(plan, arguments.platform);
    if (!own) return own.error();
    plan = std::move(*own);
  }
  fmt::print("{}\n{} parameters\n\n{}", network->description, network::parameter_count(*network), plan::print(plan));
  return ExitCode::kOk;
}

}  // namespace

void add_plan(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<PlanArguments>();
  CLI::App* command = app.add_subcommand("plan", "Print the operations, shapes, FLOPs and bytes of one step");
  command->add_option("network", arguments->network, "Name of a network")->required();
  command->add_option("--batch-size", arguments->batch, "Images per step (default: the network's recipe)")->check(CLI::PositiveNumber);
  command->add_option("--platform", arguments->platform, "Native engine whose own arrangement (stages, arena) is shown");
  command->add_flag("--evaluate", arguments->evaluate, "The evaluation program instead of the training step");
  command->callback([arguments, &action] { action = [arguments] { return print_plan(*arguments); }; });
}

}  // namespace trainmark::cli
