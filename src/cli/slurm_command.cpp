// trainmark slurm: a study as a batch script.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "cli/command_line.hpp"
#include "cli/commands.hpp"
#include "cli/run_request.hpp"
#include "cli/slurm_script.hpp"
#include "core/file.hpp"

namespace trainmark::cli {
namespace {

namespace fs = std::filesystem;

struct SlurmArguments {
  SlurmRequest request;
  bool by_platform = false;
  std::string script;  ///< file; "": standard output
};

// What will be run is read now: a spelling mistake must not wait in a queue.
core::Result<workload::Study> study_of(const SlurmRequest& request) {
  CLI::App parser("run");
  RunArguments run;
  parser.add_option("subject", run.subject)->required();
  add_workload_options(parser, run);
  add_run_options(parser, run);
  std::vector<std::string> words = {request.subject};
  words.insert(words.end(), request.options.begin(), request.options.end());
  for (const char* ours : {"--out", "--label", "--resume", "--dry-run"}) {
    const auto is_ours = [&](const std::string& word) { return word.substr(0, word.find('=')) == ours; };
    if (std::any_of(words.begin(), words.end(), is_ours)) return core::usage_error(fmt::format("{} is set by the script for each task; leave it out", ours));
  }
  try {
    std::reverse(words.begin(), words.end());  // as CLI11 wants them
    parser.parse(words);
  } catch (const CLI::ParseError& failure) {
    return core::usage_error(fmt::format("the options for 'trainmark run': {}", failure.what()));
  }
  return requested_study(run);
}

// A task has one platform, which the script names.
void remove_platforms(std::vector<std::string>& options) {
  std::vector<std::string> kept;
  bool in_list = false;
  for (const std::string& word : options) {
    in_list = word == "--platform" || (in_list && word[0] != '-');
    if (!in_list && word.rfind("--platform=", 0) != 0) kept.push_back(word);
  }
  options = std::move(kept);
}

core::Result<ExitCode> slurm(SlurmArguments a) {
  const auto study = study_of(a.request);
  if (!study) return study.error();
  if (a.by_platform) {
    for (const workload::PlatformChoice& p : study->platforms) a.request.platforms.push_back(p.name);
    remove_platforms(a.request.options);
  }
  // Jobs start elsewhere: paths that exist here are made absolute.
  std::error_code ignored;
  if (fs::is_regular_file(a.request.subject, ignored) && a.request.subject.find('.') != std::string::npos)
    a.request.subject = fs::absolute(a.request.subject).string();
  a.request.results = fs::absolute(a.request.results).lexically_normal().string();
  a.request.command_line = command_line();
  const auto script = slurm_script(a.request);
  if (!script) return script.error();
  if (a.script.empty()) {
    fmt::print("{}", *script);
    return ExitCode::kOk;
  }
  if (const auto written = core::write_file(a.script, std::string_view(*script)); !written) return written.error();
  fmt::print(stderr, "wrote {}; 'bash {}' submits it\n", a.script, a.script);
  return ExitCode::kOk;
}

}  // namespace

void add_slurm(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<SlurmArguments>();
  SlurmRequest& r = arguments->request;
  CLI::App* command = app.add_subcommand("slurm", "Write a batch script for Slurm: a study as an array of tasks, and the merge of their results");
  command->add_option("subject", r.subject, "Study, study file, or network")->required()->type_name("SUBJECT");
  command->add_option("options", r.options, "After --: options of 'trainmark run'");
  command->add_option("--partition", r.partition, "Partition of the cluster")->required()->type_name("NAME");
  command->add_option("--memory", r.memory, "Memory of each task, such as 3G")->required()->type_name("SIZE");
  command->add_option("--gpus", r.gpus, "GPUs of each task")->check(CLI::Range(0, 64))->capture_default_str();
  command->add_option("--cpus", r.cpus, "CPUs of each task")->check(CLI::Range(1, 4096))->capture_default_str();
  command->add_option("--time", r.time, "Longest time of each task, such as 01:30:00 (default: the partition's)")->type_name("TIME");
  auto* array =
      command->add_option("--array", r.tasks, "Tasks: each runs the whole study into a folder of its own")->check(CLI::Range(1, 1000))->capture_default_str();
  command->add_flag("--by-platform", arguments->by_platform, "A task for each platform instead; times of different tasks are not paired")->excludes(array);
  command->add_option("--results", r.results, "Folder of the merged store; the tasks' own are below it")->type_name("DIR")->capture_default_str();
  command->add_option("--program", r.program, "trainmark on the cluster's nodes")->type_name("PATH");
  command->add_option("--out", arguments->script, "Write the script to this file (default: standard output)")->type_name("FILE");
  command->footer(
      "'bash FILE' on the login node submits the tasks, and the merge with a dependency on them (docs/many-machines.md).\n\n"
      "Examples:\n"
      "  trainmark slurm quick --partition gpu --gpus 1 --memory 3G --out quick.sh\n"
      "  trainmark slurm quick --partition cpu --cpus 8 --memory 8G --array 5 --time 01:00:00\n"
      "  trainmark slurm my.toml --partition gpu --gpus 1 --memory 16G --by-platform -- --repetitions 5 --seed 3");
  command->callback([arguments, &action] {
    if (arguments->request.program == "trainmark") arguments->request.program = program_path().string();
    action = [arguments] { return slurm(*arguments); };
  });
}

}  // namespace trainmark::cli
