// trainmark ceilings: what this machine can do at most, measured.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "ceilings/cache_file.hpp"
#include "ceilings/measure.hpp"
#include "cli/ceilings_text.hpp"
#include "cli/commands.hpp"
#include "cli/machine_state.hpp"
#include "core/affinity.hpp"
#include "core/file.hpp"

namespace trainmark::cli {
namespace {

using core::Result;

struct CeilingsArguments {
  std::vector<int> threads;
  double seconds = 20;
  std::string json;
  bool again = false;
};

Result<ceilings::Ceilings> measured(const CeilingsArguments& a, const core::Json& machine, const std::filesystem::path& file, const std::string& why) {
  fmt::print(stderr, "Measuring for about {:.0f} s ({}).\n", a.seconds, why);
  ceilings::MeasureOptions options;
  options.threads = a.threads;
  options.full = true;
  options.seconds = a.seconds;
  options.on_progress = [](int threads) { fmt::print(stderr, "  {} thread{} ...\n", threads, threads == 1 ? "" : "s"); };
  ceilings::Ceilings ceilings = ceilings::measure(options);
  ceilings.machine = machine;
  if (const auto kept = ceilings::keep(file, ceilings); !kept) return kept.error();
  return ceilings;
}

std::string heading(const ceilings::Ceilings& c) {
  const auto model = c.machine.value("cpu", core::Json());
  return fmt::format("{}, measured {:%Y-%m-%d %H:%M} UTC in {:.0f} s\n\n", model.is_string() ? model.get<std::string>() : "This machine",
                     fmt::gmtime(static_cast<std::time_t>(c.measured_wall_ns / 1'000'000'000)), c.elapsed_s);
}

Result<ExitCode> show_ceilings(CeilingsArguments a) {
  const int cpus = static_cast<int>(core::allowed_cpus().size());
  if (a.threads.empty()) a.threads = ceilings::usual_thread_counts(cpus);
  if (const int most = *std::max_element(a.threads.begin(), a.threads.end()); most > cpus) {
    return core::usage_error(fmt::format("--threads {}: this process may use only {} CPU{}", most, cpus, cpus == 1 ? "" : "s"));
  }
  const auto file = ceilings::cache_file();
  if (!file) return file.error();
  const core::Json machine = machine_state();
  std::string why;
  auto found = ceilings::cached(*file, machine, a.threads, why);
  if (a.again) why = "asked for with --again";
  if (a.again || !found) {
    auto taken = measured(a, machine, *file, why);
    if (!taken) return taken.error();
    found = std::move(*taken);
  }
  if (a.json == "-") {
    fmt::print("{}\n", ceilings::to_json(*found).dump(2));
    return ExitCode::kOk;
  }
  fmt::print("{}{}", heading(*found), ceilings_text(*found));
  if (a.json.empty()) return ExitCode::kOk;
  if (const auto written = core::write_file(a.json, ceilings::to_json(*found).dump(2) + "\n"); !written) return written.error();
  return ExitCode::kOk;
}

}  // namespace

void add_ceilings(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<CeilingsArguments>();
  CLI::App* command = app.add_subcommand("ceilings", "Measure what this machine can do at most: arithmetic, bandwidth, core-to-core latency");
  command->add_option("--threads", arguments->threads, "Thread counts, separated by commas (default: 1, 2, 4 ... and all CPUs)")
      ->delimiter(',')
      ->check(CLI::Range(1, 4096));
  command->add_option("--seconds", arguments->seconds, "About how long to measure, where that is needed")
      ->capture_default_str()
      ->check(CLI::Range(0.1, 3600.0));
  command->add_option("--json", arguments->json, "Write JSON to this file; - is standard output")->type_name("FILE");
  command->add_flag("--again", arguments->again, "Measure even if the machine has not changed since the last time");
  command->footer(
      "Figures are kept in the cache folder and shown again, until the processor, its microcode, the kernel, the\n"
      "governor, the CPUs that may be used, or trainmark's version is another.\n"
      "Examples:\n"
      "  trainmark ceilings                     about 20 seconds the first time\n"
      "  trainmark ceilings --threads 1 --again one thread, measured now\n"
      "  trainmark ceilings --json -            everything, the sweep too, as JSON");
  command->callback([arguments, &action] { action = [arguments] { return show_ceilings(*arguments); }; });
}

}  // namespace trainmark::cli
