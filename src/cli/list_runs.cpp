// Rows from the store.
#include "cli/list_runs.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "analysis/machine.hpp"
#include "store/store.hpp"

namespace trainmark::cli {

core::Result<std::vector<std::vector<std::string>>> list_runs(const std::filesystem::path& folder) {
  store::Options options;
  options.access = store::Access::kReadOnly;
  const auto opened = store::Store::open(folder / store::kFileName, options);
  if (!opened) return opened.error();
  const auto runs = opened->runs();
  if (!runs) return runs.error();
  std::vector<std::vector<std::string>> rows = {{"RUN", "STARTED (UTC)", "MACHINE", "STUDY", "TRIALS", "STATE", "COMMAND"}};
  for (const trial::RunRecord& run : *runs) {
    const auto data = opened->load_run(run.id);
    if (!data) return data.error();
    const auto started = static_cast<std::time_t>(run.started_wall_ns / 1'000'000'000);
    const std::string state = data->ends.empty() ? "cut off" : data->ends.back().interrupted ? "interrupted" : "complete";
    rows.push_back({run.id, fmt::format("{:%Y-%m-%d %H:%M}", fmt::gmtime(started)), analysis::machine_name(run.environment), run.study,
                    std::to_string(data->trials.size()), state, run.command_line});
  }
  return rows;
}

}  // namespace trainmark::cli
