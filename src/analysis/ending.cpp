// The last reading of kind "stop" of a workload and thread count counts: a resumed run has one for each execution.
#include <fmt/format.h>

#include "analysis/comparison.hpp"
#include "trial/repetitions.hpp"

namespace trainmark::analysis {
namespace {

std::optional<double> number_of(const core::Json& value) { return value.is_number() ? std::optional(value.get<double>()) : std::nullopt; }

int64_t integer_of(const core::Json& value) { return value.is_number_integer() ? value.get<int64_t>() : 0; }

Ending ending_of(const core::Json& figures) {
  Ending ending;
  const core::Json reason = figures.value("reason", core::Json());
  if (reason.is_string()) ending.reason = reason.get<std::string>();
  ending.repetitions = integer_of(figures.value("repetitions", core::Json()));
  ending.most_repetitions = integer_of(figures.value("most_repetitions", core::Json()));
  ending.precision = number_of(figures.value("precision", core::Json()));
  const core::Json widths = figures.value("half_widths", core::Json());
  if (!widths.is_object()) return ending;
  for (const auto& [platform, width] : widths.items()) ending.half_widths[platform] = number_of(width);
  return ending;
}

// "the interval of a is still +-3.1 %, that of b is unknown below five processes".
std::string still_wide(const Ending& ending) {
  std::vector<std::string> texts;
  for (const auto& [platform, width] : ending.half_widths) {
    if (width && *width <= *ending.precision) continue;
    texts.push_back(width ? fmt::format("that of {} is still +-{:.1f} %", platform, 100 * *width)
                          : fmt::format("{} has fewer than {} processes", platform, kClaimProcesses));
  }
  return texts.empty() ? "" : ": " + list_of(texts);
}

std::string times_text(int64_t repetitions) { return repetitions == 1 ? "1 repetition" : fmt::format("{} repetitions", repetitions); }

std::string sentence(const Ending& ending) {
  const std::string done = times_text(ending.repetitions);
  if (!ending.precision) return fmt::format("The time budget was spent after {} of {}.", done, ending.most_repetitions);
  const std::string asked = fmt::format("a 95 % interval of +-{} of each ranked platform's median step", percent_text(*ending.precision));
  if (ending.reason == "precise") return fmt::format("The run ended after {}, with {}, as was asked for.", done, asked);
  if (ending.reason == "nothing_ranked") return fmt::format("The run ended after {}: no platform is verified, so none could become precise.", done);
  const char* why = ending.reason == "budget" ? "when its time budget was spent" : "the most that it may make";
  return fmt::format("The run ended after {}, {}, without {}{}.", done, why, asked, still_wide(ending));
}

}  // namespace

void set_ending(WorkloadResult& result, const store::RunData& data) {
  for (const trial::ReadingRecord& reading : data.readings) {
    const core::Json& figures = reading.figures;
    if (reading.kind != trial::kStopReading || !figures.is_object()) continue;
    if (figures.value("workload", core::Json()) == result.hash && figures.value("threads", core::Json()) == result.threads) result.ending = ending_of(figures);
  }
  if (result.ending) result.sentences.push_back(sentence(*result.ending));
}

}  // namespace trainmark::analysis
