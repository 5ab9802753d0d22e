// What could not be had of energy, and why: one sentence for each reason, whichever platforms it holds for.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>

#include "analysis/comparison.hpp"

namespace trainmark::analysis {

std::vector<std::string> energy_sentences(const std::vector<PlatformResult>& platforms) {
  std::vector<std::string> out;
  std::map<std::string, std::vector<std::string>> silent;  // reason -> platforms
  std::vector<std::string> order;
  size_t measured = 0, asked = 0;
  const auto add = [&](const std::string& platform, const EnergyFigures& figures, const char* of) {
    if (!figures.note.empty()) out.push_back(fmt::format("The energy of {}{} is {}.", platform, of, without_stop(figures.note)));
    if (figures.reason.empty()) return;
    const bool helpful = !figures.remedy.empty() && !figures.absent;  // there is little to be done about hardware
    const std::string why = without_stop(figures.reason) + (helpful ? "; " + without_stop(figures.remedy) : "");
    if (silent[why].empty()) order.push_back(why);
    silent[why].push_back(platform + of);
  };
  for (const PlatformResult& p : platforms) {
    if (!p.energy) continue;
    ++asked;
    measured += p.energy->host.joules || (p.energy->device && p.energy->device->joules) ? 1 : 0;
    add(p.platform, p.energy->host, "");
    if (p.energy->device) add(p.platform, *p.energy->device, "'s device");
  }
  for (const std::string& why : order) {
    const bool whole = measured == 0 && silent[why].size() >= asked;
    out.push_back(whole ? fmt::format("Energy was not measured: {}.", why)
                        : fmt::format("The energy of {} was not measured: {}.", fmt::join(silent[why], ", "), why));
  }
  return out;
}

}  // namespace trainmark::analysis
