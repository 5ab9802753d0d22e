// TOML has no room for both [[platform]] and [platform.NAME]: after the first, the second is a member of the last entry.
// It is taken for what it was meant as, a platform of its own.
#include "workload/platform_toml.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "backends/backend.hpp"
#include "platforms/catalogue.hpp"
#include "platforms/programs.hpp"
#include "platforms/twin.hpp"
#include "workload/toml_table.hpp"

namespace trainmark::workload {
namespace {

namespace fs = std::filesystem;
using core::Result;
using core::usage_error;

struct Placed {
  PlatformChoice platform;
  int64_t line = 0;
};

// Paths of a study are meant relative to it: the program when it has a slash, an argument when such a file is there.
std::vector<std::string> resolve_paths(std::vector<std::string> words, std::string_view file) {
  std::error_code ignored;
  const fs::path folder = fs::absolute(fs::path(file), ignored).parent_path();
  for (size_t i = 0; i < words.size(); ++i) {
    const fs::path path(words[i]);
    if (words[i].empty() || path.is_absolute()) continue;
    const bool ours = i == 0 ? words[i].find('/') != std::string::npos : fs::is_regular_file(folder / path, ignored);
    if (ours) words[i] = (folder / path).lexically_normal().string();
  }
  return words;
}

bool can_be_started(const std::string& program) {
  std::error_code ignored;
  if (program.find('/') != std::string::npos) return fs::is_regular_file(program, ignored);
  return !platforms::find_program(program).empty();
}

void read_command(TomlTable& table, std::string_view file, PlatformChoice& platform) {
  const toml::node* node = table.node("command");
  if (node == nullptr) return;
  const toml::array* array = node->as_array();
  const bool list = array != nullptr && !array->empty() && array->is_homogeneous(toml::node_type::string);
  if (!node->is_string() && !list) {
    return table.fail("command", "'command' of a platform must be a string or a list of strings, such as [\"python3\", \"my_worker.py\"]");
  }
  std::vector<std::string> words;
  if (list) {
    for (const toml::node& word : *array) words.push_back(word.as_string()->get());
  } else {
    auto split = split_command(node->as_string()->get());
    if (!split) return table.fail("command", "'command' of a platform: " + split.error().message);
    words = std::move(*split);
  }
  if (words.empty() || words[0].empty()) return table.fail("command", "'command' of a platform must not be empty");
  platform.command = resolve_paths(std::move(words), file);
  platform.command_place = place_of(file, node->source());
}

// A path relative to the study, like those of a command.
void read_python(TomlTable& table, std::string_view file, PlatformChoice& platform) {
  std::optional<std::string> python;
  table.read("python", python);
  if (!python) return;
  if (python->empty()) return table.fail("python", "'python' of a platform must be the path of a Python program");
  std::error_code ignored;
  const fs::path path(*python);
  const fs::path found = python->find('/') == std::string::npos ? platforms::find_program(*python) : fs::absolute(fs::path(file), ignored).parent_path() / path;
  platform.python = found.empty() ? *python : found.lexically_normal().string();
}

Result<Placed> read_platform(const toml::table& source, std::string_view file, const std::optional<std::string>& head,
                             const std::vector<std::string>& passed_over) {
  TomlTable table(source, file, "a platform");
  PlatformChoice platform;
  std::optional<std::string> name = head;
  std::optional<double> share;
  if (!head) table.read("name", name);
  table.read("share", share);
  read_command(table, file, platform);
  read_python(table, file, platform);
  for (const std::string& key : passed_over) table.node(key);
  if (auto error = table.finish()) return *error;
  if (!head) table.require("name");
  if (name && name->empty()) table.fail("name", "'name' of a platform must not be empty");
  if (share && !(*share > 0 && *share <= 1)) table.fail("share", fmt::format("'share' of a platform must be above 0 and at most 1, not {}", *share));
  platform.name = name.value_or("");
  platform.share = share.value_or(1);
  if (!platform.command.empty() && backends::find_backend(platforms::base_name(platform.name)) != nullptr) {
    table.fail("command", fmt::format("'{}' is an engine of trainmark's own; give the platform of your worker another name", platform.name));
  }
  if (!platform.python.empty() && !platform.command.empty()) {
    table.fail("python", "a platform has either a 'command', which starts a worker of your own, or a 'python' for the adapter of trainmark; leave one out");
  } else if (!platform.python.empty() && platforms::find_framework(platforms::split_platform_name(platform.name)) == nullptr) {
    table.fail("python",
               fmt::format("'{}' is no platform of a Python framework; 'python' is for those, and 'command' for a worker of your own", platform.name));
  }
  if (auto error = table.finish()) return *error;
  return Placed{std::move(platform), source.source().begin.line};
}

// The members of `source` that are tables, each a platform under its key.
Result<std::vector<std::string>> read_named(const toml::table& source, std::string_view file, bool all, std::vector<Placed>& places) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : source) {
    const std::string name(key.str());
    if (!value.is_table()) {
      if (!all) continue;
      return usage_error(
          fmt::format("{}: platforms have names: write [[platform]] with a name, or [platform.NAME], above '{}'", place_of(file, key.source()), name));
    }
    auto placed = read_platform(*value.as_table(), file, name, {});
    if (!placed) return placed.error();
    places.push_back(std::move(*placed));
    keys.push_back(name);
  }
  return keys;
}

}  // namespace

Result<std::vector<std::string>> split_command(std::string_view command) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (size_t i = 0; i < command.size(); ++i) {
    const char c = command[i];
    const char next = i + 1 < command.size() ? command[i + 1] : '\0';
    const bool escape = c == '\\' && next != '\0' && (quote == 0 || (quote == '"' && (next == '"' || next == '\\')));
    if (escape) {
      word += next;
      in_word = true;
      ++i;
    } else if (quote != 0) {
      if (c == quote) quote = 0;
      else word += c;
    } else if (c == '\'' || c == '"') {
      quote = c;
      in_word = true;
    } else if (c == ' ' || c == '\t' || c == '\n') {
      if (in_word) words.push_back(std::exchange(word, ""));
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (quote != 0) return usage_error(fmt::format("the quote {} is never closed", quote));
  if (in_word) words.push_back(std::move(word));
  return words;
}

Result<std::vector<PlatformChoice>> read_platforms(const toml::node& platforms, std::string_view file) {
  std::vector<Placed> places;
  const toml::array* array = platforms.as_array();
  if (platforms.is_table()) {
    if (const auto named = read_named(*platforms.as_table(), file, true, places); !named) return named.error();
  } else if (array == nullptr || !array->is_homogeneous(toml::node_type::table)) {
    return usage_error(fmt::format("{}: 'platform' must be tables, each headed by [[platform]] or [platform.NAME]", place_of(file, platforms.source())));
  } else {
    for (const toml::node& entry : *array) {
      const auto named = read_named(*entry.as_table(), file, false, places);
      if (!named) return named.error();
      auto placed = read_platform(*entry.as_table(), file, std::nullopt, *named);
      if (!placed) return placed.error();
      places.push_back(std::move(*placed));
    }
  }
  std::stable_sort(places.begin(), places.end(), [](const Placed& a, const Placed& b) { return a.line < b.line; });
  std::vector<PlatformChoice> all;
  for (Placed& placed : places) {
    if (std::any_of(all.begin(), all.end(), [&](const PlatformChoice& p) { return p.name == placed.platform.name; })) {
      return usage_error(fmt::format("{}:{}: the platform '{}' is there twice; remove one", file, placed.line, placed.platform.name));
    }
    all.push_back(std::move(placed.platform));
  }
  return all;
}

core::Result<void> check_command(const PlatformChoice& platform) {
  if (platform.command.empty() || can_be_started(platform.command[0])) return {};
  const bool path = platform.command[0].find('/') != std::string::npos;
  return usage_error(fmt::format(
      "{}: the command of the platform '{}' begins with '{}', which {}", platform.command_place, platform.name, platform.command[0],
      path ? "is no file; paths with a slash begin at the study's folder" : "is in no folder of PATH; write ./NAME for a program beside the study"));
}

}  // namespace trainmark::workload
