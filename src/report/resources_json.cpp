#include "report/resources_json.hpp"

#include "core/json_null.hpp"
#include "report/json_figures.hpp"

namespace trainmark::report {
namespace {

using core::Json;

Json zone(const analysis::EnergyZone& z) {
  return {{"name", z.name},
          {"domain", z.domain},
          {"method", z.method},
          {"summed", z.summed},
          {"joules_per_repetition", number_json(z.joules)},
          {"mean_watts", number_json(z.watts)},
          {"reason", core::text_or_null(z.reason)}};
}

Json figures(const analysis::EnergyFigures& f) {
  Json zones = Json::array();
  for (const auto& z : f.zones) zones.push_back(zone(z));
  return {{"repetitions", f.repetitions},
          {"joules_per_repetition", number_json(f.joules)},
          {"joules_standard_deviation", number_json(f.joules_deviation)},
          {"uncertainty_joules", number_json(f.uncertainty_joules)},
          {"net_joules_per_repetition", number_json(f.net_joules)},
          {"joules_of_set", number_json(f.set_joules)},
          {"net_joules_of_set", number_json(f.net_set_joules)},
          {"joules_per_image", number_json(f.joules_per_image)},
          {"joules_per_accuracy_point", number_json(f.joules_per_accuracy_point)},
          {"mean_watts", number_json(f.watts)},
          {"idle_watts", number_json(f.idle_watts)},
          {"zones", zones},
          {"reason", core::text_or_null(f.reason)},
          {"remedy", core::text_or_null(f.remedy)},
          {"note", core::text_or_null(f.note)}};
}

}  // namespace

Json energy_json(const analysis::PlatformResult& p) {
  if (!p.energy) return nullptr;
  return {{"host", figures(p.energy->host)}, {"device", p.energy->device ? figures(*p.energy->device) : Json(nullptr)}};
}

Json memory_json(const analysis::PlatformResult& p) {
  Json phases = Json::object();
  for (const char* name : analysis::kMemoryPhases) phases[name] = nullptr;
  for (const auto& [name, phase] : p.memory.phases) {
    phases[name] = {{"peak_rss_bytes", core::or_null(phase.peak_rss_bytes)},
                    {"rss_anon_bytes", core::or_null(phase.rss_anon_bytes)},
                    {"rss_file_bytes", core::or_null(phase.rss_file_bytes)},
                    {"pss_bytes", core::or_null(phase.pss_bytes)}};
  }
  return {{"phases", phases},
          {"mean_rss_anon_bytes", core::or_null(p.memory.mean_rss_anon_bytes)},
          {"mean_rss_file_bytes", core::or_null(p.memory.mean_rss_file_bytes)},
          {"peak_rss_file_bytes", core::or_null(p.memory.peak_rss_file_bytes)},
          {"samples_bytes", core::or_null(p.memory.samples_bytes)},
          {"total_bytes", core::or_null(p.memory.total_bytes)},
          {"total_is_of_device", p.memory.on_device},
          {"framework_overhead_bytes", core::or_null(p.memory.overhead_bytes)}};
}

void add_resource_provenance(Json& provenance) {
  provenance["energy"] =
      "measured: cumulative counters at the edges of timed blocks (host: powercap packages and their DRAM; device: NVML), as mean power over "
      "undisturbed rounds times the time of the planned steps; believed when they advance and imply a power between that of the idle machine and 1.25 times "
      "the device's own limit; uncertainty_joules is one standard deviation by the counter's period; null with its reason otherwise";
  provenance["gpu_kernel_time_share"] =
      "measured: NVML's share of time with a kernel running, sampled every 100 ms during timed blocks, mean over the worker's devices";
  provenance["memory"] =
      "measured: VmHWM of each phase, set back between them; RssAnon and RssFile at the ends of timed blocks, mean over blocks; PSS once a phase; "
      "samples_bytes by the worker; framework_overhead_bytes is computed: total_bytes less memory_bytes by component and samples_bytes";
}

}  // namespace trainmark::report
