// Options with their checks: a bad value is refused by the parser, with its flag.
#include "cli/run_arguments.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <limits>

#include "core/percent.hpp"
#include "workload/precision.hpp"

namespace trainmark::cli {
namespace {

// A finite number in [low, high].
CLI::Validator finite(double low, double high, const std::string& wanted) {
  return CLI::Validator(
      [low, high, wanted](std::string& text) -> std::string {
        char* end = nullptr;
        const double value = std::strtod(text.c_str(), &end);
        if (end == text.c_str() || *end != '\0' || !std::isfinite(value) || value < low || value > high) return fmt::format("'{}' is not {}", text, wanted);
        return "";
      },
      "");
}

// A whole number of at least `low`.
CLI::Validator whole(int64_t low, int64_t high = std::numeric_limits<int32_t>::max()) {
  return CLI::Validator(
      [low, high](std::string& text) -> std::string {
        char* end = nullptr;
        errno = 0;
        const long long value = std::strtoll(text.c_str(), &end, 10);
        if (text.empty() || *end != '\0' || errno != 0 || value < low || value > high)
          return fmt::format("'{}' is not a whole number from {} to {}", text, low, high);
        return "";
      },
      "");
}

// "97", "97%" and "0.97" are the same: above 1, or with the sign, it is per cent. The text becomes the fraction.
CLI::Validator share_of_all() {
  return CLI::Validator(
      [](std::string& text) -> std::string {
        const auto read = core::read_percent(text);
        const double value = !read ? 0 : read->number > 1 ? read->number / 100 : read->fraction();
        if (value <= 0 || value > 1)
          return fmt::format("'{}' is neither a percentage above 0 and up to 100, such as 97 or 97%, nor a fraction such as 0.97", text);
        text = fmt::format("{}", value);
        return "";
      },
      "");
}

CLI::Validator precision() {
  return CLI::Validator(
      [](std::string& text) -> std::string {
        const auto value = workload::parse_precision(text);
        if (!value) return fmt::format("'{}' {}", text, workload::kNoPrecision);
        text = fmt::format("{}", *value);
        return "";
      },
      "");
}

}  // namespace

void add_workload_options(CLI::App& c, RunArguments& a) {
  c.add_option("--platform", a.platforms, "Platforms to compare, separated by commas")->delimiter(',')->type_name("PLATFORM");
  c.add_option("--python", a.python, "Your own Python for the platforms of frameworks named with --platform, instead of that of 'trainmark setup'")
      ->type_name("PATH");
  c.add_option("--file", a.file, "TOML file with networks and workers of your own (docs/networks.md)")->type_name("FILE");
  c.add_option("--dataset", a.dataset, "Data set (default: synthetic-digits, or mnist when --data is given)")->type_name("DATASET");
  c.add_option("--data", a.data, "Folder that holds the files of the data set")->type_name("DIR");
  c.add_option("--batch-size", a.batch_sizes, "Images per step, 0 for full batch; several, separated by commas, are compared")->delimiter(',')->check(whole(0));
  c.add_option("--train-count", a.train_counts, "Training samples that are used, the first ones; several, separated by commas, are compared")
      ->delimiter(',')
      ->check(whole(1));
  c.add_option("--hidden", a.hidden, "Width of the hidden layers of a perceptron; several, separated by commas, are compared")->delimiter(',')->check(whole(1));
  c.add_option("--lr", a.learning_rate, "Learning rate")->check(finite(0, 1e6, "a number from 0 to 1e6"));
  c.add_option("--momentum", a.momentum, "Momentum")->check(finite(0, 1, "a number from 0 to 1"));
  c.add_option("--set", a.settings, "Any other key of a study's workload, such as --set weight_decay=1e-4; once for each")
      ->allow_extra_args(false)
      ->type_name("KEY=VALUE");
  c.add_option("--seed", a.seed, "Seed of weights and orders; repetition r uses seed + r")->check(whole(0));
  c.add_option("--threads", a.threads, "Threads of every worker (default: all CPUs); several, separated by commas, are compared")
      ->delimiter(',')
      ->check(whole(1, 4096));
  c.add_option("--dtype", a.dtype, "Number type: float32 or float64")->check(CLI::IsMember({"float32", "float64"}))->capture_default_str();
  c.add_option("--isa", a.isa, "Instruction set of the cpu engine (default: the best of the machine)");
  c.add_option("--device", a.device, "Index of the device, for the platforms on GPUs; the others of the run stay on the processor")
      ->check(whole(0))
      ->capture_default_str();
  c.add_option("--timeout", a.timeout_s, "Seconds that a worker may take for one request")
      ->check(finite(0.1, 1e6, "a number of seconds from 0.1 to 1e6"))
      ->capture_default_str();
}

void add_run_options(CLI::App& c, RunArguments& a) {
  c.add_option("--epochs", a.epochs, "Passes over the training set")->check(whole(1));
  c.add_option("--max-batches", a.max_batches, "Steps of each epoch that are run")->check(whole(1));
  c.add_option("--repetitions", a.repetitions, "Trainings per platform, each in a process of its own")->check(whole(1, 10000));
  c.add_option("--precision", a.precision,
               "Repeat until the 95 % interval of each ranked platform's median step is within +- this, such as 2%; at most --repetitions times (default 30)")
      ->transform(precision());
  c.add_flag("--noise-floor", a.noise_floor, "Also run the baseline a second time, as 'NAME#2': what separates the two is noise, and no claim");
  c.add_option("--baseline", a.baseline, "Platform that ratios refer to (default: the first)")->type_name("PLATFORM");
  c.add_option("--target-accuracy", a.target_accuracy,
               "Accuracy whose time is reported: 97, 97% or 0.97 (above 1 it is per cent); training runs to its end all the same")
      ->transform(share_of_all());
  c.add_option("--budget", a.budget_s, "Seconds after which no further repetition is begun")->check(finite(0, 1e9, "a number of seconds from 0 to 1e9"));
  c.add_option("--out", a.out, "Folder for results")->type_name("DIR")->capture_default_str();
  c.add_option("--label", a.label, "What you call this machine, kept with the run: \"cloud, 4 vCPU\"")->type_name("TEXT");
  c.add_option("--json", a.json, "Also write the report to this file as JSON")->type_name("FILE");
  c.add_option("--html", a.html, "Also write the report to this file as one HTML page with charts")->type_name("FILE");
  c.add_flag("--operations", a.operations, "Also say where the time of a step goes on every platform; taken once each, after its proof");
  c.add_option("--scale", a.scale, "'small': the study in minutes, with fewer epochs and repetitions")
      ->check(CLI::IsMember({"full", "small"}))
      ->capture_default_str();
  c.add_flag("--resume", a.resume, "Go on with the latest run of the same command that was cut off");
  c.add_flag("--dry-run", a.dry_run, "Say what would run, and how long and how much memory and disk it may take");
}

}  // namespace trainmark::cli
