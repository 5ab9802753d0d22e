// trainmark setup: the Python environments of frameworks. What it will cost is said before anything is done.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "cli/command_line.hpp"
#include "cli/commands.hpp"
#include "cli/framework_state.hpp"
#include "cli/run_study.hpp"
#include "core/suggest.hpp"
#include "platforms/readiness.hpp"
#include "platforms/setup.hpp"
#include "trial/probe.hpp"

namespace trainmark::cli {
namespace {

using core::Result;
using platforms::FrameworkPlatform;
using platforms::PlatformName;

constexpr double kHelloTimeout = 300;  // the first import of a large framework from a slow disk

struct SetupArguments {
  std::vector<std::string> platforms;
  std::string python, index_url;
  bool dry_run = false, remove = false, where = false;
};

struct Wanted {
  PlatformName name;
  const FrameworkPlatform* platform;
};

Result<Wanted> find_wanted(const std::string& text) {
  const PlatformName name = platforms::split_platform_name(text);
  const FrameworkPlatform* platform = platforms::find_framework(name);
  if (platform == nullptr) {
    std::vector<std::string> known;
    for (const FrameworkPlatform& p : platforms::framework_platforms()) known.push_back(p.name);
    return core::usage_error(fmt::format("there is no framework platform '{}'{}; 'trainmark list platforms' shows all, and native ones need no setup", text,
                                         core::did_you_mean(name.platform, known)));
  }
  if (auto good = platforms::check_platform_name(name, *platform); !good) return good.error();
  return Wanted{name, platform};
}

std::string amount(int64_t bytes) {
  return bytes < 1'000'000'000 ? fmt::format("{} MB", bytes / 1'000'000) : fmt::format("{:.1f} GB", static_cast<double>(bytes) / 1e9);
}

void print_plan(const platforms::SetupPlan& plan) {
  const std::string size = plan.size ? fmt::format("downloads about {} and takes {}", amount(plan.size->download_bytes), amount(plan.size->installed_bytes))
                                     : std::string("of unknown size, since this version is not the pinned one");
  fmt::print("{}: {} in '{}'{}\n", plan.name, size, plan.folder.string(),
             plan.free_bytes < 0 ? "" : fmt::format(", where {} are free", amount(plan.free_bytes)));
}

// The environment counts only when a worker in it has answered; its answer tells the versions.
Result<void> try_and_record(const Wanted& wanted, platforms::Environment environment) {
  auto command = platforms::worker_command(wanted.name, *wanted.platform, environment.python);
  if (!command) return command.error();
  std::replace(command->begin(), command->end(), std::string("{threads}"), std::string("1"));
  std::replace(command->begin(), command->end(), std::string("{compiler_cache}"), std::string());  // none
  const auto hello = trial::ask_worker(program_path(), *command, kHelloTimeout);
  if (!hello) return hello.error();
  for (const auto& [package, version] : hello->versions.items()) {
    if (version.is_string()) environment.versions[package] = version.get<std::string>();
  }
  if (environment.own && hello->unavailable) {
    return core::usage_error(fmt::format("'{}' cannot be used for '{}': {}", environment.python.string(), wanted.platform->name, *hello->unavailable));
  }
  if (auto written = platforms::write_environment(platforms::environment_name(*wanted.platform, wanted.name.version), environment); !written) return written;
  if (hello->unavailable) {
    fmt::print("{}: set up, but cannot run here: {}{}\n", wanted.platform->name, *hello->unavailable, hello->remedy ? "; " + *hello->remedy : "");
  } else {
    fmt::print("{}: ready ({})\n", wanted.platform->name, framework_state({platforms::State::kReady, "", "", environment}));
  }
  return {};
}

Result<void> remove_environment(const Wanted& wanted) {
  const std::string name = platforms::environment_name(*wanted.platform, wanted.name.version);
  const auto folder = platforms::environment_folder(name);
  if (!folder) return folder.error();
  std::error_code failure;
  const auto removed = std::filesystem::remove_all(*folder, failure);
  if (failure) return core::tool_error(fmt::format("cannot remove '{}': {}", folder->string(), failure.message()));
  fmt::print("{}: {}\n", name, removed > 0 ? "removed '" + folder->string() + "'" : "nothing is there");
  return {};
}

Result<void> print_python(const Wanted& wanted) {
  const auto environment = platforms::read_environment(platforms::environment_name(*wanted.platform, wanted.name.version));
  if (!environment) return environment.error();
  if (!*environment) return core::unavailable(fmt::format("'{}' is not set up; 'trainmark setup {}' does it", wanted.platform->name, wanted.platform->name));
  fmt::print("{}\n", (*environment)->python.string());
  return {};
}

Result<void> set_up_one(const Wanted& wanted, const SetupArguments& arguments) {
  if (arguments.remove) return remove_environment(wanted);
  if (arguments.where) return print_python(wanted);
  if (!arguments.python.empty()) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(arguments.python, ignored))
      return core::usage_error(fmt::format("--python: there is no program '{}'", arguments.python));
    return try_and_record(wanted, {std::filesystem::absolute(arguments.python), true, "", {}});
  }
  const auto plan = platforms::plan_setup(*wanted.platform, wanted.name.version);
  if (!plan) return plan.error();
  if (!plan->complete) print_plan(*plan);
  if (arguments.dry_run) {
    if (plan->complete) fmt::print("{}: is set up in '{}'\n", plan->name, plan->folder.string());
    return {};
  }
  platforms::SetupOptions options;
  options.index_url = arguments.index_url;
  options.on_step = [&plan](std::string_view message) { fmt::print(stderr, "  {}: {}\n", plan->name, message); };
  const auto known = plan->complete ? platforms::read_environment(plan->name) : Result<std::optional<platforms::Environment>>(std::nullopt);
  if (known && *known && try_and_record(wanted, **known)) return {};  // nothing to repair
  const auto environment = platforms::set_up(*plan, options);
  if (!environment) return environment.error();
  return try_and_record(wanted, *environment);
}

Result<ExitCode> set_up_all(const SetupArguments& arguments) {
  std::vector<Wanted> all;
  for (const std::string& text : arguments.platforms) {
    auto wanted = find_wanted(text);
    if (!wanted) return wanted.error();
    all.push_back(std::move(*wanted));
  }
  for (const Wanted& wanted : all) {
    if (auto done = set_up_one(wanted, arguments); !done) return done.error();
  }
  return ExitCode::kOk;
}

}  // namespace

void add_setup(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<SetupArguments>();
  CLI::App* command = app.add_subcommand("setup", "Make the Python environments of frameworks, each in the cache folder");
  command->add_option("platforms", arguments->platforms, "Platforms of frameworks; NAME@VERSION for another version beside the pinned one")
      ->required()
      ->delimiter(',')
      ->type_name("PLATFORM");
  command->add_option("--python", arguments->python, "Use this Python as it is; nothing is installed")->type_name("PATH");
  command->add_option("--index-url", arguments->index_url, "Package index instead of pip's own, such as one of CPU-only builds")->type_name("URL");
  command->add_flag("--dry-run", arguments->dry_run, "Only say how large it will be and where");
  command->add_flag("--where", arguments->where, "Only print the path of its Python, for use by hand");
  command->add_flag("--remove", arguments->remove, "Remove the environments instead");
  command->footer(
      "Examples:\n"
      "  trainmark setup numpy jax-cpu\n"
      "  trainmark setup pytorch-cpu --index-url https://download.pytorch.org/whl/cpu\n"
      "  trainmark setup pytorch-cpu@2.4                  beside the pinned version\n"
      "  trainmark setup pytorch-cpu --python ~/venv/bin/python\n"
      "It may be stopped and repeated at any time; a damaged environment is repaired.");
  command->callback([arguments, &action] { action = [arguments] { return set_up_all(*arguments); }; });
}

}  // namespace trainmark::cli
