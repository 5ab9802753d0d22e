// Names become values.
#include "cli/run_request.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "backends/backend.hpp"
#include "cli/choose_platforms.hpp"
#include "cli/own_file.hpp"
#include "core/suggest.hpp"
#include "network/zoo.hpp"
#include "platforms/catalogue.hpp"
#include "platforms/twin.hpp"
#include "workload/recipe_toml.hpp"

namespace trainmark::cli {
namespace {

using core::Result;
using core::usage_error;

// Neither network, study nor file: say so with the nearest of all names.
core::Error unknown_subject(const std::string& subject, const workload::Study& file) {
  std::vector<std::string> names;
  for (const auto& [name, text] : workload::built_in_studies()) names.push_back(name);
  for (const workload::OwnNetwork& own : file.networks) names.push_back(own.network.name);
  for (const std::string& name : network::network_names()) names.push_back(name);
  return usage_error(
      fmt::format("there is no study, study file or network '{}'{}; known are {}", subject, core::did_you_mean(subject, names), fmt::join(names, ", ")));
}

// One network, by the workloads of `file` that train it, on the platforms of `file`; or on the engine of this program.
workload::Study study_of_network(workload::Study file, const std::string& network) {
  file.name = network;
  std::erase_if(file.workloads, [&](const workload::WorkloadRequest& request) { return request.network != network; });
  if (file.workloads.empty()) {
    file.workloads.emplace_back();
    file.workloads.back().network = network;
    file.workloads.back().own = find_own(file, network);
  }
  if (file.platforms.empty()) file.platforms.push_back({"cpu"});
  return file;
}

Result<workload::Study> base_study(const RunArguments& arguments, const workload::Study& file) {
  if (in_zoo(arguments.subject) || find_own(file, arguments.subject)) return study_of_network(file, arguments.subject);
  const auto& built_in = workload::built_in_studies();
  const bool known = std::any_of(built_in.begin(), built_in.end(), [&](const auto& s) { return s.first == arguments.subject; });
  if (!known && !std::filesystem::exists(arguments.subject)) return unknown_subject(arguments.subject, file);
  return workload::find_study(arguments.subject);
}

void override_workload(workload::WorkloadRequest& request, const RunArguments& a) {
  if (!a.dataset.empty()) request.dataset = a.dataset;
  if (request.dataset.empty()) request.dataset = a.data.empty() ? "synthetic-digits" : "mnist";
  if (a.epochs) request.epochs = a.epochs;
  if (a.max_batches) request.max_batches = a.max_batches;
  if (a.learning_rate) request.learning_rate = a.learning_rate;
  if (a.momentum) request.momentum = a.momentum;
  if (a.seed) request.seed = a.seed;
}

// Every request once for each size of the command line; as it is where there is none.
void with_sizes(std::vector<workload::WorkloadRequest>& requests, const std::vector<int64_t>& sizes,
                std::optional<int64_t> workload::WorkloadRequest::*member) {
  if (sizes.empty()) return;
  std::vector<workload::WorkloadRequest> all;
  for (const workload::WorkloadRequest& request : requests) {
    for (const int64_t size : sizes) {
      all.push_back(request);
      all.back().*member = size;
    }
  }
  requests = std::move(all);
}

// Platforms named by hand: with what the study or the file says of them.
void override_platforms(workload::Study& study, const workload::Study& file, const RunArguments& arguments) {
  if (arguments.platforms.empty()) return;
  std::vector<workload::PlatformChoice> known = study.platforms;
  known.insert(known.end(), file.platforms.begin(), file.platforms.end());
  std::vector<workload::PlatformChoice> chosen;
  for (const std::string& name : arguments.platforms) {
    auto found = std::find_if(known.begin(), known.end(), [&](const auto& p) { return p.name == name; });
    if (found == known.end()) found = std::find_if(known.begin(), known.end(), [&](const auto& p) { return p.name == platforms::base_name(name); });
    chosen.push_back(found != known.end() ? *found : workload::PlatformChoice{name});
    chosen.back().name = name;
    chosen.back().by_hand = true;
    if (!arguments.python.empty()) chosen.back().python = arguments.python;
  }
  study.platforms = std::move(chosen);
}

Result<void> check_isa(const std::string& isa) {
  if (isa.empty()) return {};
  const backends::BackendInfo* cpu = backends::find_backend("cpu");
  if (cpu != nullptr && std::find(cpu->isas.begin(), cpu->isas.end(), isa) != cpu->isas.end()) return {};
  return usage_error(
      fmt::format("--isa: this machine has no instruction set '{}'; it has {}", isa, cpu == nullptr ? "none" : fmt::format("{}", fmt::join(cpu->isas, ", "))));
}

// The baseline under a second name, unless the run has it twice already.
void add_twin(std::vector<workload::PlatformChoice>& platforms, const std::string& baseline) {
  const auto is_twin = [&](const workload::PlatformChoice& p) { return platforms::is_twin(p.name, baseline); };
  if (std::any_of(platforms.begin(), platforms.end(), is_twin)) return;
  const auto base = std::find_if(platforms.begin(), platforms.end(), [&](const auto& p) { return p.name == baseline; });
  workload::PlatformChoice twin = *base;
  twin.name = platforms::base_name(baseline) + "#2";
  platforms.push_back(std::move(twin));
}

// A workload of a study may be for some platforms only: nearest neighbours for those that know them.
std::vector<workload::PlatformChoice> platforms_of(const workload::WorkloadRequest& wanted, std::vector<workload::PlatformChoice> platforms) {
  if (wanted.platforms.empty()) return platforms;
  std::erase_if(platforms, [&](const workload::PlatformChoice& platform) {
    const std::string name = platforms::split_platform_name(platforms::base_name(platform.name)).platform;
    return std::find(wanted.platforms.begin(), wanted.platforms.end(), name) == wanted.platforms.end();
  });
  return platforms;
}

Result<const data::Dataset*> dataset_of(Request& request, const std::string& name, const RunArguments& arguments) {
  if (const auto known = request.datasets.find(name); known != request.datasets.end()) return &known->second;
  auto loaded = data::load_dataset(name, arguments.data.empty() ? std::nullopt : std::optional<std::filesystem::path>(arguments.data));
  if (!loaded) return loaded.error();
  return &request.datasets.emplace(name, std::move(*loaded)).first->second;
}

}  // namespace

Result<workload::Study> requested_study(const RunArguments& arguments) {
  const auto file = read_own_file(arguments.file);
  if (!file) return file.error();
  auto study = base_study(arguments, *file);
  if (!study) return study.error();
  if (arguments.scale == "small") {
    study = workload::at_small_scale(std::move(*study));
    if (!study) return study.error();
  }
  std::vector<workload::WorkloadRequest> workloads;
  for (workload::WorkloadRequest request : study->workloads) {
    if (const auto set = workload::override_recipe(arguments.settings, request); !set) return set.error();
    override_workload(request, arguments);
    std::vector<workload::WorkloadRequest> sized = {request};
    with_sizes(sized, arguments.hidden, &workload::WorkloadRequest::hidden);
    with_sizes(sized, arguments.train_counts, &workload::WorkloadRequest::train_count);
    with_sizes(sized, arguments.batch_sizes, &workload::WorkloadRequest::batch_size);
    workloads.insert(workloads.end(), sized.begin(), sized.end());
  }
  study->workloads = std::move(workloads);
  override_platforms(*study, *file, arguments);
  if (arguments.precision) study->precision = *arguments.precision;
  if (study->precision > 0 && study->repetitions == 1) study->repetitions = workload::kMostRepetitionsForPrecision;
  if (arguments.repetitions) study->repetitions = *arguments.repetitions;
  if (!arguments.threads.empty()) study->threads = arguments.threads;
  if (!arguments.baseline.empty()) study->baseline = arguments.baseline;
  study->operations = study->operations || arguments.operations;
  return study;
}

Result<Request> resolve_request(workload::Study study, const RunArguments& arguments) {
  if (auto isa = check_isa(arguments.isa); !isa) return isa.error();
  Request request;
  auto platforms = choose_platforms(study, request.skips);
  if (!platforms) return platforms.error();
  if (auto device = check_device(arguments.device, *platforms); !device) return device.error();
  const bool baseline_runs = std::any_of(platforms->begin(), platforms->end(), [&](const auto& p) { return p.name == study.baseline; });
  if (!baseline_runs && !arguments.baseline.empty()) {
    return usage_error(fmt::format("the baseline '{}' is not among the platforms that run; choose one of them with --baseline", study.baseline));
  }
  if (!baseline_runs) study.baseline = platforms->front().name;  // none was named, or the study's own cannot run here, which its skip says
  if (arguments.noise_floor) add_twin(*platforms, study.baseline);
  for (const workload::WorkloadRequest& wanted : study.workloads) {
    const auto dataset = dataset_of(request, wanted.dataset, arguments);
    if (!dataset) return dataset.error();
    const auto workload = workload::resolve(wanted, **dataset);
    if (!workload) return workload.error();
    if (workload->neighbours && arguments.dtype != "float32") {
      return usage_error(
          fmt::format("--dtype {}: {} compares 8-bit pixels exactly and has no number type to choose; leave it out", arguments.dtype, workload->network.name));
    }
    const std::string label = wanted.label.empty() ? wanted.network : wanted.label, hash = workload::workload_hash(*workload);
    if (const auto [first, is_new] = request.labels.emplace(hash, std::vector<std::string>{label}); !is_new) {
      if (std::find(first->second.begin(), first->second.end(), label) == first->second.end()) first->second.push_back(label);
      continue;  // it runs once: a size of the command line for all sizes of a study, or the same point of two sweeps
    }
    const auto own = platforms_of(wanted, *platforms);
    for (const int threads : own.empty() ? std::vector<int>() : study.threads) {
      request.experiments.push_back({*workload, *dataset, own, threads, study.repetitions, study.precision});
    }
  }
  if (request.experiments.empty()) {
    return usage_error(fmt::format("no workload of the study '{}' is for the platforms that run; leave out --platform, or name others", study.name));
  }
  request.study = std::move(study);
  return request;
}

core::Json request_json(const Request& request, const RunArguments& arguments) {
  core::Json experiments = core::Json::array();
  for (const trial::Experiment& e : request.experiments) {
    const std::string hash = workload::workload_hash(e.workload);
    core::Json platforms = core::Json::array();
    for (const auto& p : e.platforms) platforms.push_back({{"name", p.name}, {"share", p.share}, {"command", p.command}});
    experiments.push_back({{"workload", hash},
                           {"network", e.workload.network.name},
                           {"dataset", e.workload.dataset.name},
                           {"platforms", platforms},
                           {"threads", trial::resolved_threads(e.threads)},
                           {"repetitions", e.repetitions}});
    if (const auto& labels = request.labels.at(hash); labels != std::vector{e.workload.network.name}) experiments.back()["labels"] = labels;
  }
  const core::Json target = arguments.target_accuracy ? core::Json(*arguments.target_accuracy) : core::Json(nullptr);
  core::Json json = {{"study", request.study.name}, {"toml", request.study.text}, {"experiments", experiments}, {"dtype", arguments.dtype},
                     {"device", arguments.device},  {"isa", arguments.isa},       {"target_accuracy", target},  {"baseline", request.study.baseline}};
  if (request.study.operations) json["operations"] = true;
  if (request.study.is_small) json["scale"] = "small";
  if (request.study.precision > 0) json["precision"] = request.study.precision;  // runs without one keep the hash that they had
  return json;
}

}  // namespace trainmark::cli
