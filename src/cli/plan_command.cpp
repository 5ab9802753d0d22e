// trainmark plan NETWORK: what a step computes, and how an engine arranged it.
#include <fmt/format.h>

#include "backends/backend.hpp"
#include "cli/columns.hpp"
#include "cli/commands.hpp"
#include "cli/layer_table.hpp"
#include "cli/own_file.hpp"
#include "network/parameters.hpp"
#include "plan/passes.hpp"
#include "workload/study.hpp"

namespace trainmark::cli {
namespace {

constexpr size_t kNoWrap = 1'000;  // a number is never broken

struct PlanArguments {
  std::string network, file;
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

core::Result<void> print_plan(const network::Network& network, const PlanArguments& arguments) {
  const workload::Recipe recipe = workload::default_recipe(network.name);
  const int64_t batch = arguments.batch > 0 ? arguments.batch : recipe.batch_size > 0 ? recipe.batch_size : 1000;
  plan::Plan plan = arguments.evaluate ? plan::evaluation_plan(network, batch) : plan::training_plan(network, batch, workload::training_of(recipe));
  if (!arguments.platform.empty()) {
    auto own = arranged(plan, arguments.platform);
    if (!own) return own.error();
    plan = std::move(*own);
  }
  fmt::print("{}\n{} parameters\n\n{}{}\n{}", network.description, network::parameter_count(network), columns(layer_table(network), kNoWrap),
             layer_table_legend(), plan::print(plan));
  return {};
}

core::Result<ExitCode> print_plans(const PlanArguments& arguments) {
  const auto networks = find_networks(arguments.network, arguments.file);
  if (!networks) return networks.error();
  for (size_t i = 0; i < networks->size(); ++i) {
    if (i > 0) fmt::print("\n");
    if (const auto printed = print_plan((*networks)[i], arguments); !printed) return printed.error();
  }
  return ExitCode::kOk;
}

}  // namespace

void add_plan(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<PlanArguments>();
  CLI::App* command = app.add_subcommand("plan", "Print the operations, shapes, FLOPs and bytes of one step");
  command->add_option("network", arguments->network, "Network, or TOML file with networks of your own")->required()->type_name("NETWORK");
  command->add_option("--file", arguments->file, "TOML file in which the network is defined (docs/networks.md)")->type_name("FILE");
  command->add_option("--batch-size", arguments->batch, "Images per step (default: the network's recipe)")->check(CLI::PositiveNumber);
  command->add_option("--platform", arguments->platform, "Native engine whose own arrangement (stages, arena) is shown")->type_name("PLATFORM");
  command->add_flag("--evaluate", arguments->evaluate, "The evaluation program instead of the training step");
  command->footer(
      "Examples:\n"
      "  trainmark plan mnist-cnn                              layers, then operations of a training step\n"
      "  trainmark plan mnist-cnn --platform cpu --batch-size 64   as the engine arranged it\n"
      "  trainmark plan my.toml --evaluate                     networks of your own");
  command->callback([arguments, &action] { action = [arguments] { return print_plans(*arguments); }; });
}

}  // namespace trainmark::cli
