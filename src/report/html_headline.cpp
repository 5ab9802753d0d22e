// The one sentence at the top of a workload. It is made from the report's figures, by the rules of its claims: a factor stands there only where the
// corrected p-value and the noise floor allow it ("different"), always with its interval.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/html.hpp"

namespace trainmark::report {
namespace {

using core::Json;

bool is_engine(const std::string& name) { return name == "cpu" || name == "reference"; }

// "3.1 times as fast as ... (95 % interval 2.9 to 3.3)": two digits, three where two would not tell the ends apart or hide the difference from 1.
std::string factor_sentence(const std::string& fast, const char* does, const std::string& slow, double value, double low, double high,
                            const std::string& reach) {
  const int digits = high < 1.05 * low || value < 1.2 ? 3 : 2;
  const auto text = [&](double factor) { return factor >= 100 ? fmt::format("{:.0f}", factor) : fmt::format("{:.{}g}", factor, digits); };
  return fmt::format("`{}` {} this {} times as fast as {} (95 % interval {} to {}{}).", fast, does, text(value), slow, text(low), text(high), reach);
}

bool is_ranked(const Json& platform) { return platform["rank"].is_number(); }

}  // namespace

std::string headline(const Json& workload) {
  if (!workload["baseline"].is_string()) return "";
  const std::string baseline = workload["baseline"];
  const Json *other = nullptr, *own = nullptr;
  for (const Json& p : workload["platforms"]) {
    if (!is_ranked(p)) continue;
    const std::string name = p["platform"];
    if (name == baseline) own = &p;
    if (name == baseline || name.starts_with(baseline + "#") || (is_engine(baseline) && is_engine(name))) continue;
    if (other == nullptr) other = &p;  // ranked ones come first, the fastest before the others
  }
  if (own == nullptr || other == nullptr) return "";
  const Json& ratio = (*other)["time_ratio_to_baseline"];
  if (!ratio.is_object() || !ratio["interval"].is_object() || !ratio["value"].is_number()) return "";
  const double value = ratio["value"], low = ratio["interval"]["low"].is_number() ? ratio["interval"]["low"].get<double>() : NAN,
               high = ratio["interval"]["high"].is_number() ? ratio["interval"]["high"].get<double>() : NAN;
  if (!(value > 0 && low > 0 && high > 0)) return "";
  const std::string name = (*other)["platform"];
  if (!ratio.value("different", false)) {
    return fmt::format("`{}` and `{}` cannot be told apart: time ratio {:.3g}, 95 % interval {:.3g} to {:.3g}.", baseline, name, value, low, high);
  }
  const int64_t processes = std::min((*own)["processes"].get<int64_t>(), (*other)["processes"].get<int64_t>());
  const std::string reach = processes >= analysis::kClaimProcesses ? ""
                            : processes <= 1                       ? ", within one process each"
                                             : fmt::format(", within {} processes each; {} would carry a claim", processes, analysis::kClaimProcesses);
  const char* does = workload["workload"].is_object() && workload["workload"].contains("neighbours") ? "predicts" : "trains";
  const std::string framework = is_engine(baseline) && !is_engine(name) ? "the best framework, `" + name + "`" : "`" + name + "`";
  if (value > 1) return factor_sentence(baseline, does, framework, value, low, high, reach);
  return factor_sentence(name, does, "`" + baseline + "`", 1 / value, 1 / high, 1 / low, reach);
}

}  // namespace trainmark::report
