// Study files: TOML to Study, every mistake at its line; and the studies that come with the program.
#include "workload/study.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "core/file.hpp"
#include "core/suggest.hpp"
#include "network/zoo.hpp"
#include "workload/network_toml.hpp"
#include "workload/platform_toml.hpp"
#include "workload/precision.hpp"
#include "workload/recipe_toml.hpp"
#include "workload/request_check.hpp"
#include "workload/study_page_toml.hpp"
#include "workload/toml_table.hpp"

namespace trainmark::workload {
namespace {

using core::Error;
using core::Result;

constexpr int64_t kMostRepetitions = 10'000;
constexpr int64_t kMostThreads = 4096;
constexpr size_t kMostSizes = 1'000;  // workloads from the lists of one

// A whole number, or a list of them: each is a workload of its own. `word`: a text that stands for 0, or none.
void read_sizes(TomlTable& table, std::string_view key, std::string_view word, std::vector<std::optional<int64_t>>& sizes) {
  const toml::node* found = table.node(key);
  if (found == nullptr) return;
  bool good = true;
  const auto add = [&](const toml::node& node) {
    const bool is_word = !word.empty() && node.is_string() && node.as_string()->get() == word;
    good = good && (is_word || node.is_integer());
    if (good) sizes.emplace_back(is_word ? 0 : node.as_integer()->get());
  };
  sizes.clear();
  if (const toml::array* list = found->as_array()) {
    for (const toml::node& node : *list) add(node);
  } else {
    add(*found);
  }
  if (good && !sizes.empty()) return;
  sizes.assign(1, std::nullopt);
  table.fail(key, fmt::format("'{}' of a workload must be a whole number{}, or a list of them", key, word.empty() ? "" : fmt::format(" or \"{}\"", word)));
}

/// Sizes that a workload may have several of: every combination is a workload.
struct Sizes {
  std::vector<std::optional<int64_t>> batch = {std::nullopt}, train = {std::nullopt}, hidden = {std::nullopt};
};

std::vector<WorkloadRequest> all_sizes(const WorkloadRequest& request, const Sizes& sizes) {
  std::vector<WorkloadRequest> all;
  for (const auto& hidden : sizes.hidden) {
    for (const auto& train : sizes.train) {
      for (const auto& batch : sizes.batch) {
        all.push_back(request);
        all.back().hidden = hidden;
        all.back().train_count = train;
        all.back().batch_size = batch;
      }
    }
  }
  return all;
}

// A name that is not one of the file's own networks must be one of the zoo.
void check_network(TomlTable& table, const std::string& network, const std::vector<OwnNetwork>& networks) {
  if (network::find_network(network)) return;
  std::vector<std::string> names;
  for (const OwnNetwork& own : networks) names.push_back(own.network.name);
  for (const std::string& known : network::network_names()) names.push_back(known);
  table.fail("network", fmt::format("there is no network '{}'{}; known are {}", network, core::did_you_mean(network, names), fmt::join(names, ", ")));
}

std::optional<Error> read_workload(const toml::table& source, std::string_view file, const std::vector<OwnNetwork>& networks,
                                   std::vector<WorkloadRequest>& requests) {
  TomlTable table(source, file, "a workload");
  WorkloadRequest request;
  Sizes sizes;
  std::optional<std::string> network, dataset;
  std::optional<std::string> label;
  table.read("network", network);
  table.read("label", label);
  table.read("platforms", request.platforms);
  table.read("published", request.published);
  table.read("dataset", dataset);
  read_sizes(table, "batch_size", "full", sizes.batch);
  read_sizes(table, "train_count", "", sizes.train);
  read_sizes(table, "hidden", "", sizes.hidden);
  read_recipe(table, request);
  if (auto error = read_small_scale(table, file, false, request.small)) return error;
  if (auto error = table.finish()) return error;
  table.require("network");
  if (auto error = table.finish()) return error;
  request.network = *network;
  request.label = label.value_or("");
  request.dataset = dataset.value_or("");
  const auto own = std::find_if(networks.begin(), networks.end(), [&](const OwnNetwork& n) { return n.network.name == *network; });
  if (own != networks.end()) request.own = *own;
  if (own == networks.end()) check_network(table, *network, networks);
  if (sizes.batch.size() * sizes.train.size() * sizes.hidden.size() > kMostSizes) {  // each list is a line of a file, and no longer than that
    table.fail("network", fmt::format("the lists of sizes of a workload make more than {} workloads", kMostSizes));
    return table.finish();
  }
  for (WorkloadRequest& sized : all_sizes(request, sizes)) {
    if (const auto problem = find_problem(sized)) table.fail(problem->key, problem->message);
    requests.push_back(std::move(sized));
  }
  return table.finish();
}

// "2%", or 0.02.
void read_precision(TomlTable& table, double& place) {
  const toml::node* found = table.node("precision");
  if (found == nullptr) return;
  const auto number = found->value<double>();
  const auto text = found->is_string() ? found->as_string()->get() : number ? fmt::format("{}", *number) : "this";
  const auto precision = parse_precision(text);
  if (!precision) return table.fail("precision", fmt::format("'precision' of the study: '{}' {}", text, kNoPrecision));
  place = *precision;
}

// The study's own members, apart from its workloads and platforms.
void read_members(TomlTable& table, Study& study) {
  std::optional<std::string> name, description, baseline;
  std::optional<int64_t> repetitions;
  std::optional<bool> operations;
  std::vector<int64_t> threads = {0};
  table.read("name", name);
  table.read("description", description);
  table.read("repetitions", repetitions);
  read_precision(table, study.precision);
  table.read("threads", threads);
  table.read("baseline", baseline);
  table.read("operations", operations);
  study.operations = operations.value_or(false);
  if (study.networks.empty()) table.require("name");
  study.name = name.value_or(study.name);
  study.description = description.value_or("");
  study.repetitions = repetitions.value_or(study.precision > 0 ? kMostRepetitionsForPrecision : 1);
  study.baseline = baseline.value_or("");
  study.threads.assign(threads.begin(), threads.end());
  if (study.repetitions < 1 || study.repetitions > kMostRepetitions) {
    table.fail("repetitions", fmt::format("'repetitions' of the study must be from 1 to {}, not {}", kMostRepetitions, study.repetitions));
  }
  const auto wrong = std::find_if(threads.begin(), threads.end(), [](int64_t t) { return t < 0 || t > kMostThreads; });
  if (wrong != threads.end()) table.fail("threads", fmt::format("'threads' of the study must be from 0 (all CPUs) to {}, not {}", kMostThreads, *wrong));
}

std::vector<std::string> labels_of(const Study& study) {
  std::vector<std::string> labels;
  for (const WorkloadRequest& request : study.workloads) labels.push_back(request.label.empty() ? request.network : request.label);
  return labels;
}

// The baseline must be one of the platforms, and there must be something to run, on platforms that are there.
void check_whole(TomlTable& table, const Study& study) {
  if (study.workloads.empty()) table.fail("workload", "the study has no workload; add one under [[workload]]");
  std::vector<std::string> names;
  for (const PlatformChoice& platform : study.platforms) names.push_back(platform.name);
  for (const WorkloadRequest& request : study.workloads) {
    for (const std::string& wanted : request.platforms) {
      if (std::find(names.begin(), names.end(), wanted) != names.end()) continue;
      table.fail("workload", fmt::format("the workload of '{}' names the platform '{}', which is not one of the study's{}; they are {}", request.network,
                                         wanted, core::did_you_mean(wanted, names), fmt::join(names, ", ")));
    }
  }
  if (study.baseline.empty() || std::find(names.begin(), names.end(), study.baseline) != names.end()) return;
  table.fail("baseline", fmt::format("the baseline '{}' is not one of the study's platforms{}; they are {}", study.baseline,
                                     core::did_you_mean(study.baseline, names), fmt::join(names, ", ")));
}

// What a file need not say: our own engine is a platform where no other is named, and a file of networks trains all of them.
void complete(Study& study) {
  const bool all_brought = std::all_of(study.platforms.begin(), study.platforms.end(), [](const PlatformChoice& p) { return !p.command.empty(); });
  if (study.platforms.empty() || (study.workloads.empty() && all_brought)) study.platforms.insert(study.platforms.begin(), PlatformChoice{"cpu"});
  if (!study.workloads.empty()) return;
  for (const OwnNetwork& own : study.networks) {
    WorkloadRequest request;
    request.network = own.network.name;
    request.own = own;
    study.workloads.push_back(std::move(request));
  }
}

Result<Study> read_study(const toml::table& source, std::string_view file) {
  TomlTable table(source, file, "the study");
  Study study;
  study.name = std::filesystem::path(file).stem().string();
  if (const toml::node* networks = table.node("network")) {
    auto read = read_networks(*networks, file);
    if (!read) return read.error();
    study.networks = std::move(*read);
  }
  read_members(table, study);
  for (const toml::table* workload : table.tables("workload")) {
    if (auto error = read_workload(*workload, file, study.networks, study.workloads)) return *error;
  }
  if (const toml::node* platforms = table.node("platform")) {
    auto read = read_platforms(*platforms, file);
    if (!read) return read.error();
    study.platforms = std::move(*read);
  }
  if (auto error = read_small_scale(table, file, true, study.small)) return *error;
  if (auto error = read_page(table, file, labels_of(study), study.page)) return *error;
  if (auto error = table.finish()) return *error;
  complete(study);
  check_whole(table, study);
  if (auto error = table.finish()) return *error;
  return study;
}

}  // namespace

const std::vector<std::pair<std::string, std::string>>& built_in_studies() {
  static const std::vector<std::pair<std::string, std::string>> all = {
#include "built_in_studies.inc"
  };
  return all;
}

Result<Study> parse_study(std::string_view toml, std::string_view file_name) {
  try {
    auto study = read_study(toml::parse(toml, file_name), file_name);
    if (study) study->text = toml;
    return study;
  } catch (const toml::parse_error& error) {
    return core::usage_error(fmt::format("{} is not valid TOML: {}", place_of(file_name, error.source()), error.description()));
  }
}

Result<Study> find_study(std::string_view name_or_path) {
  std::vector<std::string> names;
  for (const auto& [name, text] : built_in_studies()) {
    if (name == name_or_path) return parse_study(text, name + ".toml");
    names.push_back(name);
  }
  const std::filesystem::path path(name_or_path);
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) {
    return core::usage_error(fmt::format("there is no study '{}'{}, neither built in ({}) nor a file", name_or_path, core::did_you_mean(name_or_path, names),
                                         fmt::join(names, ", ")));
  }
  const auto text = core::read_file(path);
  if (!text) return text.error();
  return parse_study(*text, name_or_path);
}

}  // namespace trainmark::workload
