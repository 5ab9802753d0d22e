// trainmark doctor: what this machine offers, why something is missing, and how to get it.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>

#include "backends/backend.hpp"
#include "cli/columns.hpp"
#include "cli/commands.hpp"
#include "cli/framework_state.hpp"
#include "core/affinity.hpp"
#include "core/file.hpp"
#include "data/dataset.hpp"
#include "instruments/powercap.hpp"
#include "platforms/readiness.hpp"
#include "trial/environment.hpp"

namespace trainmark::cli {
namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string text_of(const core::Json& object, const char* key) {
  if (!object.is_object() || !object.contains(key) || object[key].is_null()) return "unknown";
  return object[key].is_string() ? object[key].get<std::string>() : object[key].dump();
}

void add_machine(Rows& rows) {
  const core::Json cpu = trial::describe_cpu();
  const core::Json memory = trial::describe_memory();
  const core::Json system = trial::describe_system();
  rows.push_back({"ok", "processor", text_of(cpu, "model")});
  rows.push_back({"ok", "CPUs we may use", fmt::format("{}", fmt::join(core::allowed_cpus(), ", "))});
  const double gib = memory.contains("available_bytes") && memory["available_bytes"].is_number() ? memory["available_bytes"].get<double>() / (1 << 30) : 0;
  rows.push_back({gib >= 1 ? "ok" : "note", "memory available", gib > 0 ? fmt::format("{:.1f} GiB", gib) : "unknown"});
  rows.push_back({"ok", "system", fmt::format("{}, kernel {}", text_of(system, "distribution"), text_of(system, "kernel"))});
  const std::string host = text_of(system, "virtualisation");
  const bool shared = host != "none" && host != "unknown" && host != "null";
  rows.push_back(
      {shared ? "note" : "ok", "virtualisation", shared ? host + ": neighbours may disturb times; trust ratios within one run, and repeat them" : host});
  const std::string governor = text_of(cpu, "governor");
  rows.push_back({governor == "performance" || governor == "unknown" ? "ok" : "note", "frequency governor",
                  governor == "unknown"       ? "not readable here"
                  : governor == "performance" ? governor
                                              : governor + ": 'cpupower frequency-set -g performance' makes times steadier"});
}

void add_energy(Rows& rows) {
  const auto found = instruments::powercap_sources();
  if (found.sources.empty()) {
    for (const auto& missing : found.missing) rows.push_back({"none", "energy counters", missing.reason + "; " + missing.remedy});
    return;
  }
  std::vector<std::string> names;
  for (const auto& source : found.sources) names.push_back(source.name);
  const auto& first = found.sources.front();
  const auto value = first.read();
  rows.push_back(
      {value ? "ok" : "missing", "energy counters", value ? fmt::format("{}", fmt::join(names, ", ")) : value.error().message + "; " + first.remedy});
}

void add_platforms(Rows& rows) {
  for (const backends::BackendInfo& b : backends::backends()) {
    rows.push_back(
        {"ok", "platform " + b.name, b.isas.empty() ? b.description : fmt::format("{}; instruction sets here: {}", b.description, fmt::join(b.isas, ", "))});
  }
  for (const platforms::FrameworkPlatform& p : platforms::framework_platforms()) {
    const auto ready = platforms::readiness({p.name, "", ""}, p);
    const std::string word = ready.state == platforms::State::kReady ? "ok" : ready.state == platforms::State::kNotSetUp ? "missing" : "none";
    rows.push_back({word, "platform " + p.name, framework_state(ready)});
  }
}

void add_data(Rows& rows) {
  const auto cache = core::cache_folder();
  rows.push_back({cache.ok() ? "ok" : "missing", "cache folder", cache.ok() ? cache->string() : cache.error().message});
  if (cache.ok()) {
    std::error_code failure;
    const auto space = std::filesystem::space(*cache, failure);
    const double free_gib = failure ? 0 : static_cast<double>(space.available) / (1 << 30);
    rows.push_back({free_gib >= 1 ? "ok" : "note", "space for the cache", fmt::format("{:.1f} GiB", free_gib)});
  }
  for (const data::DatasetInfo& d : data::known_datasets())
    rows.push_back({d.available ? "ok" : "missing", "dataset " + d.name, d.available ? d.description : d.unavailable});
}

}  // namespace

void add_doctor(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("doctor", "Say what this machine offers, what is missing, and how to get it");
  command->footer("Examples:\n  trainmark doctor");
  command->callback([&action] {
    action = []() -> core::Result<ExitCode> {
      Rows rows;
      add_machine(rows);
      add_energy(rows);
      add_platforms(rows);
      add_data(rows);
      fmt::print("{}", columns(rows, terminal_width()));
      return ExitCode::kOk;
    };
  });
}

}  // namespace trainmark::cli
