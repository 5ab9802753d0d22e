// trainmark merge: runs of several machines in one store.
#include <fmt/format.h>

#include "cli/columns.hpp"
#include "cli/commands.hpp"
#include "store/merge.hpp"

namespace trainmark::cli {
namespace {

namespace fs = std::filesystem;

struct MergeArguments {
  std::vector<std::string> stores;
  std::string out = "results";
};

core::Result<ExitCode> merge(const MergeArguments& a) {
  const fs::path target = fs::absolute(a.out) / store::kFileName;
  const auto merged = store::merge({a.stores.begin(), a.stores.end()}, target);
  if (!merged) return merged.error();
  std::vector<std::vector<std::string>> rows = {{"NEW", "CONTINUED", "KNOWN", "TRIALS", "STORE"}};
  for (const store::MergedStore& m : *merged) {
    const std::string version = m.version == store::kSchemaVersion ? "" : fmt::format(" (schema version {}, migrated in a copy)", m.version);
    rows.push_back({std::to_string(m.added), std::to_string(m.continued), std::to_string(m.known), std::to_string(m.trials), m.path.string() + version});
  }
  fmt::print("{}", columns(rows, terminal_width()));
  fmt::print(stderr, "\nMerged into {}; 'trainmark list runs --out {}' lists its runs.\n", (fs::path(a.out) / store::kFileName).string(), a.out);
  return ExitCode::kOk;
}

}  // namespace

void add_merge(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<MergeArguments>();
  CLI::App* command = app.add_subcommand("merge", "Join the stores of several machines or jobs into one");
  command->add_option("stores", arguments->stores, "Results folders, or their trainmark.sqlite; they are only read")->required()->type_name("DIR");
  command->add_option("--out", arguments->out, "Results folder that takes their runs; made when it is missing")->type_name("DIR")->capture_default_str();
  command->footer(
      "Any order of the stores gives the same, and merging again adds nothing (docs/many-machines.md).\n\n"
      "Examples:\n"
      "  trainmark merge laptop cloud --out all     the runs of two folders in a third\n"
      "  trainmark merge usb/trainmark.sqlite       into results/\n"
      "  trainmark list runs --out all              what is there now");
  command->callback([arguments, &action] { action = [arguments] { return merge(*arguments); }; });
}

}  // namespace trainmark::cli
