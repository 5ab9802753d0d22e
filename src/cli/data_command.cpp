// trainmark data fetch, list, verify, clean: the data sets of the cache folder.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "cli/columns.hpp"
#include "cli/commands.hpp"
#include "core/file.hpp"
#include "data/cache_entries.hpp"
#include "data/fetch.hpp"

namespace trainmark::cli {
namespace {

using core::Result;

struct DataArguments {
  std::vector<std::string> names;
  std::string mirror;
  int stall_s = 0;
  bool all = false;
};

std::string size_text(int64_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  if (bytes < 1'000'000) return fmt::format("{:.1f} kB", static_cast<double>(bytes) / 1e3);
  if (bytes < 1'000'000'000) return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
  return fmt::format("{:.1f} GB", static_cast<double>(bytes) / 1e9);
}

std::string files_text(int64_t files) { return fmt::format("{} file{}", files, files == 1 ? "" : "s"); }

// ---- fetch ----

/// Progress on stderr: a live line on a terminal, otherwise a line for each file.
class FetchPrinter {
 public:
  void begin(const data::SourceFile& file) {
    clear();
    file_ = file;
    fmt::print(stderr, "{} ({})\n", file.name, size_text(file.bytes));
  }
  void show(int64_t bytes) {
    const auto now = std::chrono::steady_clock::now();
    if (!live_ || now - shown_ < std::chrono::milliseconds(200)) return;
    shown_ = now;
    drawn_ = true;
    fmt::print(stderr, "\r  {:3} %  {} ", 100 * bytes / std::max<int64_t>(file_.bytes, 1), size_text(bytes));
  }
  void say(std::string_view message) {
    clear();
    fmt::print(stderr, "  {}.\n", message);
  }
  void clear() {
    if (drawn_) fmt::print(stderr, "\r{:30}\r", "");
    drawn_ = false;
  }

 private:
  const bool live_ = ::isatty(STDERR_FILENO) == 1;
  bool drawn_ = false;
  data::SourceFile file_;
  std::chrono::steady_clock::time_point shown_;
};

Result<ExitCode> fetch(const DataArguments& arguments) {
  const auto cache = core::cache_folder();
  if (!cache) return cache.error();
  std::vector<const data::Source*> sources;
  for (const std::string& name : arguments.names) {  // all names are checked before anything is fetched
    const auto source = data::find_source(name);
    if (!source) return source.error();
    sources.push_back(*source);
  }
  FetchPrinter printer;
  data::FetchOptions options;
  const char* environment = std::getenv("TRAINMARK_MIRROR");
  options.mirror = !arguments.mirror.empty() || environment == nullptr ? arguments.mirror : environment;
  if (arguments.stall_s > 0) options.download.limits.stall_s = options.download.limits.connect_s = arguments.stall_s;
  options.download.progress = [&](int64_t bytes) { printer.show(bytes); };
  options.download.message = [&](std::string_view message) { printer.say(message); };
  options.begin = [&](const data::SourceFile& file) { printer.begin(file); };
  for (const data::Source* source : sources) {
    const auto folder = data::fetch(*source, *cache, options);
    printer.clear();
    if (!folder) return folder.error();
    fmt::print("{} is in {}\n", source->dataset, folder->string());
  }
  return ExitCode::kOk;
}

// ---- list, verify, clean ----

/// The entries of the cache that the user names, or all.
Result<std::vector<data::CacheEntry>> named_entries(const std::vector<std::string>& names) {
  const auto cache = core::cache_folder();
  if (!cache) return cache.error();
  const auto entries = data::list_cache(*cache);
  if (names.empty()) return entries;
  std::vector<data::CacheEntry> chosen;
  for (const std::string& name : names) {
    const auto found = data::choose_entries(entries, name);
    if (!found) return found.error();
    chosen.insert(chosen.end(), found->begin(), found->end());
  }
  return chosen;
}

Result<ExitCode> list() {
  const auto cache = core::cache_folder();
  if (!cache) return cache.error();
  std::vector<std::vector<std::string>> rows = {{"ENTRY", "SIZE", "FILES", "WHAT IT IS"}};
  int64_t bytes = 0;
  for (const data::CacheEntry& entry : data::list_cache(*cache)) {
    rows.push_back({entry.name, size_text(entry.bytes), std::to_string(entry.files), std::string(data::describe(entry.kind))});
    bytes += entry.bytes;
  }
  if (rows.size() > 1) fmt::print("{}\n", columns(rows, terminal_width()));
  fmt::print("{} in {}\n", size_text(bytes), cache->string());
  return ExitCode::kOk;
}

Result<ExitCode> verify(const DataArguments& arguments) {
  const auto entries = named_entries(arguments.names);
  if (!entries) return entries.error();
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> bad;
  for (const data::CacheEntry& entry : *entries) {
    const auto good = data::verify_entry(entry);
    if (!good) bad.push_back(entry.name);
    rows.push_back({good ? data::is_verifiable(entry.kind) ? "ok" : "-" : "BAD", entry.name,
                    !good                             ? good.error().message
                    : data::is_verifiable(entry.kind) ? "the content is what it should be"
                                                      : "has no checksum"});
  }
  fmt::print("{}", rows.empty() ? "the cache is empty\n" : columns(rows, terminal_width()));
  if (bad.empty()) return ExitCode::kOk;
  return core::usage_error(
      fmt::format("{} of {} entries of the cache did not pass; 'trainmark data clean {}' removes them", bad.size(), entries->size(), fmt::join(bad, " ")));
}

Result<ExitCode> clean(const DataArguments& arguments) {
  if (arguments.all == !arguments.names.empty())
    return core::usage_error("name what to remove from the cache, as 'trainmark data list' shows it, or say --all");
  const auto entries = named_entries(arguments.names);
  if (!entries) return entries.error();
  for (const data::CacheEntry& entry : *entries) {
    if (auto removed = data::remove_entry(entry); !removed) return removed.error();
    fmt::print("removed {}: {} in {}, {}\n", entry.name, size_text(entry.bytes), files_text(entry.files), data::describe(entry.kind));
  }
  if (entries->empty()) fmt::print("the cache is empty\n");
  return ExitCode::kOk;
}

}  // namespace

void add_data(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<DataArguments>();
  CLI::App* command = app.add_subcommand("data", "Fetch data sets, and list, verify or remove what the cache holds");
  command->require_subcommand(1);

  CLI::App* fetching = command->add_subcommand("fetch", "Download data sets into the cache, continuing where a download broke off");
  fetching->add_option("names", arguments->names, "mnist, fashion-mnist, cifar-10")->required();
  fetching->add_option("--mirror", arguments->mirror, "Address that holds NAME/FILE instead of the published ones (also TRAINMARK_MIRROR)");
  fetching->add_option("--stall", arguments->stall_s, "Seconds without data after which a mirror is given up (default: 30)")->check(CLI::Range(1, 3600));
  fetching->callback([arguments, &action] { action = [arguments] { return fetch(*arguments); }; });

  CLI::App* listing = command->add_subcommand("list", "Show what the cache holds, with sizes");
  listing->callback([&action] { action = [] { return list(); }; });

  CLI::App* verifying = command->add_subcommand("verify", "Compare what the cache holds with its checksums");
  verifying->add_option("names", arguments->names, "Entries of the cache (default: all)");
  verifying->callback([arguments, &action] { action = [arguments] { return verify(*arguments); }; });

  CLI::App* cleaning = command->add_subcommand("clean", "Remove entries of the cache");
  cleaning->add_option("names", arguments->names, "Entries, as 'trainmark data list' shows them; 'imported' means all of imported/");
  cleaning->add_flag("--all", arguments->all, "Remove all that trainmark has put there");
  cleaning->callback([arguments, &action] { action = [arguments] { return clean(*arguments); }; });
}

}  // namespace trainmark::cli
