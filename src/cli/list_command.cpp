// trainmark list: what there is to run, and what was run.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <optional>

#include "backends/backend.hpp"
#include "cli/columns.hpp"
#include "cli/commands.hpp"
#include "cli/framework_state.hpp"
#include "cli/layer_table.hpp"
#include "cli/list_runs.hpp"
#include "cli/own_file.hpp"
#include "data/dataset.hpp"
#include "network/parameters.hpp"
#include "network/zoo.hpp"
#include "platforms/readiness.hpp"
#include "workload/study.hpp"

namespace trainmark::cli {
namespace {

constexpr size_t kNoWrap = 1'000;  // a number is never broken

struct ListArguments {
  std::string what;
  std::string out = "results";
  std::string data, file;
  bool verbose = false;  ///< networks layer by layer
};

using Rows = std::vector<std::vector<std::string>>;

core::Result<Rows> list_studies() {
  Rows rows = {{"STUDY", "WHAT IT COMPARES"}};
  for (const auto& [name, text] : workload::built_in_studies()) {
    const auto study = workload::parse_study(text, name);
    if (!study) return study.error();
    rows.push_back({name, study->description});
  }
  return rows;
}

core::Result<std::vector<network::Network>> all_networks(const std::string& file) {
  const auto study = read_own_file(file);
  if (!study) return study.error();
  std::vector<network::Network> all = network::zoo();
  all.insert(all.end(), network::searches().begin(), network::searches().end());
  for (const workload::OwnNetwork& own : study->networks) {
    auto network = workload::network_for(own);
    if (!network) return network.error();
    all.push_back(std::move(*network));
  }
  return all;
}

core::Result<Rows> list_networks(const ListArguments& arguments) {
  const auto all = all_networks(arguments.file);
  if (!all) return all.error();
  Rows rows = {{"NETWORK", "PARAMETERS", "INPUT", "WHAT IT IS"}};
  for (const network::Network& n : *all) {
    rows.push_back({n.name, std::to_string(network::parameter_count(n)), fmt::format("{}x{}x{}", n.input.c, n.input.h, n.input.w), n.description});
  }
  return rows;
}

core::Result<ExitCode> print_networks_by_layer(const ListArguments& arguments) {
  const auto all = all_networks(arguments.file);
  if (!all) return all.error();
  for (const network::Network& n : *all) {
    const std::string layers = n.layers.empty() ? "no layers\n" : columns(layer_table(n), kNoWrap);
    fmt::print("{}, {}x{}x{}: {}\n\n{}\n", n.name, n.input.c, n.input.h, n.input.w, n.description, layers);
  }
  fmt::print("{}", layer_table_legend());
  return ExitCode::kOk;
}

Rows list_datasets(const ListArguments& arguments) {
  const std::optional<std::filesystem::path> folder = arguments.data.empty() ? std::nullopt : std::optional<std::filesystem::path>(arguments.data);
  Rows rows = {{"DATASET", "TRAIN", "TEST", "STATE", "WHAT IT IS"}};
  for (const data::DatasetInfo& d : data::known_datasets(folder)) {
    rows.push_back({d.name, std::to_string(d.train_count), std::to_string(d.test_count), d.available ? "ready" : "missing",
                    d.available ? d.description : d.description + ": " + d.unavailable});
  }
  return rows;
}

Rows list_platforms() {
  Rows rows = {{"PLATFORM", "STATE", "WHAT IT IS"}};
  for (const backends::BackendInfo& b : backends::backends()) {
    const std::string isas = b.isas.empty() ? "" : fmt::format("; instruction sets here: {}", fmt::join(b.isas, ", "));
    rows.push_back({b.name, "ready", fmt::format("{} ({}; {}{})", b.description, b.version, fmt::join(b.dtypes, ", "), isas)});
  }
  for (const platforms::FrameworkPlatform& p : platforms::framework_platforms()) {
    const auto ready = platforms::readiness({p.name, "", ""}, p);
    const std::string modes = p.modes.size() < 2 || ready.state != platforms::State::kReady ? "" : fmt::format("; modes: {}", fmt::join(p.modes, ", "));
    rows.push_back({p.name, std::string(platforms::state_name(ready.state)), fmt::format("{}; {}{}", p.description, framework_state(ready), modes)});
  }
  return rows;
}

core::Result<Rows> rows_of(const std::string& what, const ListArguments& arguments) {
  if (what == "studies") return list_studies();
  if (what == "networks") return list_networks(arguments);
  if (what == "datasets") return list_datasets(arguments);
  if (what == "platforms") return list_platforms();
  return list_runs(arguments.out);
}

core::Result<ExitCode> print_list(const ListArguments& arguments) {
  if (arguments.what == "networks" && arguments.verbose) return print_networks_by_layer(arguments);
  const std::vector<std::string> all = {"studies", "networks", "datasets", "platforms"};
  bool first = true;
  for (const std::string& what : arguments.what.empty() ? all : std::vector<std::string>{arguments.what}) {
    const auto rows = rows_of(what, arguments);
    if (!rows) return rows.error();
    fmt::print("{}{}", first ? "" : "\n", columns(*rows, terminal_width()));
    first = false;
  }
  return ExitCode::kOk;
}

}  // namespace

void add_list(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<ListArguments>();
  CLI::App* command = app.add_subcommand("list", "List studies, networks, datasets, platforms, or the runs of a results folder");
  command->add_option("what", arguments->what, "studies, networks, datasets, platforms or runs (default: all but runs)")
      ->check(CLI::IsMember({"studies", "networks", "datasets", "platforms", "runs"}));
  command->add_option("--out", arguments->out, "Results folder whose runs are listed")->type_name("DIR")->capture_default_str();
  command->add_option("--data", arguments->data, "Folder that holds the files of data sets")->type_name("DIR");
  command->add_option("--file", arguments->file, "TOML file whose networks are listed too (docs/networks.md)")->type_name("FILE");
  command->add_flag("--verbose", arguments->verbose, "With 'networks': every layer with its shape, parameters, FLOPs and bytes");
  command->footer(
      "Examples:\n"
      "  trainmark list                                  everything but runs\n"
      "  trainmark list networks --verbose               layer by layer\n"
      "  trainmark list networks --file my.toml          with networks of your own\n"
      "  trainmark list runs --out results");
  command->callback([arguments, &action] { action = [arguments] { return print_list(*arguments); }; });
}

}  // namespace trainmark::cli
