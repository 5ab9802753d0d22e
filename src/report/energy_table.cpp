#include "report/energy_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace trainmark::report {
namespace {

std::string text(const std::optional<double>& joules) { return joules ? joules_text(*joules) : "-"; }
std::string watts_text(const std::optional<double>& watts) { return watts ? fmt::format("{:.3g} W", *watts) : "-"; }

/// Those that a row is about.
const analysis::EnergyFigures* main_figures(const analysis::PlatformResult& p) {
  if (!p.energy) return nullptr;
  return p.energy->device ? &*p.energy->device : &p.energy->host;
}

bool has_joules(const analysis::PlatformResult& p) { return p.energy && (p.energy->host.joules || (p.energy->device && p.energy->device->joules)); }

bool any_device(const analysis::WorkloadResult& result) {
  return std::any_of(result.platforms.begin(), result.platforms.end(), [](const auto& p) { return p.energy && p.energy->device; });
}

}  // namespace

std::string joules_text(double joules) {
  if (!std::isfinite(joules)) return "-";
  const double size = std::abs(joules);
  const auto [unit, name] = size >= 999.5e3     ? std::pair{1e6, "MJ"}
                            : size >= 999.5     ? std::pair{1e3, "kJ"}
                            : size >= 0.9995    ? std::pair{1.0, "J"}
                            : size >= 0.9995e-3 ? std::pair{1e-3, "mJ"}
                                                : std::pair{1e-6, "uJ"};
  const double value = joules / unit;
  const int decimals = std::abs(value) < 9.995 ? 2 : std::abs(value) < 99.95 ? 1 : 0;
  return fmt::format("{:.{}f} {}", value, decimals, name);
}

std::string energy_caption(const analysis::WorkloadResult& result) {
  const std::string of = any_device(result) ? "the device where a platform uses one, with the host beside it, else the processor" : "the processor";
  return fmt::format(
      "Energy of one {}, by counters of {}; net: less what the idle machine draws in that time:", result.workload.neighbours ? "search" : "training", of);
}

std::vector<std::vector<std::string>> energy_rows(const analysis::WorkloadResult& result) {
  std::vector<std::vector<std::string>> rows = {{"platform", "energy", "+-", "net", "whole set", "per image", "per point", "power", "idle"}};
  const bool device = any_device(result);
  if (device) rows.front().push_back("host");
  for (const analysis::PlatformResult& p : result.platforms) {
    if (!has_joules(p)) continue;
    const analysis::EnergyFigures& f = *main_figures(p);
    rows.push_back({p.platform, text(f.joules), text(f.joules_deviation), text(f.net_joules), text(f.set_joules), text(f.joules_per_image),
                    text(f.joules_per_accuracy_point), watts_text(f.watts), watts_text(f.idle_watts)});
    if (device) rows.back().push_back(p.energy->device ? text(p.energy->host.joules) : "-");
  }
  if (rows.size() == 1) rows.clear();
  return rows;
}

}  // namespace trainmark::report
