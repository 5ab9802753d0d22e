#include "cli/find_run.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "analysis/machine.hpp"
#include "analysis/stored.hpp"
#include "store/store.hpp"

namespace trainmark::cli {
namespace {

namespace fs = std::filesystem;
using core::Result;

constexpr size_t kLeastOfCommit = 4;  // digits: fewer say nothing

bool is_of(const trial::RunRecord& run, const std::string& word) {
  const core::Json& environment = run.environment;
  const bool of_machine = analysis::machine_name(environment) == word || analysis::text_in(analysis::member_in(environment, "system"), "host") == word;
  return of_machine || (word.size() >= kLeastOfCommit && analysis::commit_of(environment).starts_with(word));
}

Result<store::RunData> run_in(const fs::path& place, const std::string& word) {
  std::error_code ignored;
  const auto store = store::Store::open(fs::is_directory(place, ignored) ? place / store::kFileName : place, {store::Access::kReadOnly, 10'000});
  if (!store) return store.error();
  if (word.empty()) return store->load_run("");
  const auto runs = store->runs();
  if (!runs) return runs.error();
  const bool an_id = std::any_of(runs->begin(), runs->end(), [&](const auto& run) { return run.id.starts_with(word); });
  if (an_id) return store->load_run(word);
  const auto found = std::find_if(runs->rbegin(), runs->rend(), [&](const auto& run) { return is_of(run, word); });
  if (found != runs->rend()) return store->load_run(found->id);
  return core::usage_error(
      fmt::format("'{}' is neither a results folder nor, in '{}', the beginning of a run's id, a machine's label or a commit; 'trainmark list runs --out {}' "
                  "lists its runs",
                  word, place.string(), place.string()));
}

}  // namespace

Result<store::RunData> find_run(const std::string& text, const fs::path& out) {
  std::error_code ignored;
  if (fs::exists(text, ignored)) return run_in(text, "");
  const size_t colon = text.rfind(':');
  if (colon != std::string::npos && fs::exists(text.substr(0, colon), ignored)) return run_in(text.substr(0, colon), text.substr(colon + 1));
  if (text.find('/') != std::string::npos) return core::usage_error(fmt::format("There is no results folder '{}'.", text));
  if (text.empty()) return core::usage_error("the name of a run is empty; give a results folder or the beginning of a run's id");
  if (!fs::exists(out, ignored)) {
    return core::usage_error(fmt::format(
        "There is neither a results folder '{}' nor a store at '{}' that could hold a run of that name; --out says where it is", text, out.string()));
  }
  return run_in(out, text);
}

}  // namespace trainmark::cli
