// A file that is wrong in any way is as good as none: it is measured again and written anew.
#include "ceilings/cache_file.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/file.hpp"

namespace trainmark::ceilings {
namespace {

/// The first member that differs, in words.
std::string difference(const core::Json& before, const core::Json& now) {
  for (const auto& [key, value] : now.items()) {
    if (!before.is_object() || !before.contains(key)) return fmt::format("'{}' was not known then", key);
    if (before[key] != value) return fmt::format("{} was {} then, and is {} now", key, before[key].dump(), value.dump());
  }
  return before.size() == now.size() ? "" : "the state of the machine was told otherwise then";
}

}  // namespace

core::Result<std::filesystem::path> cache_file() {
  auto folder = core::cache_folder();
  if (!folder) return folder.error();
  return *folder / "ceilings.json";
}

std::optional<Ceilings> cached(const std::filesystem::path& file, const core::Json& machine, const std::vector<int>& threads, std::string& why_not) {
  why_not = "not measured on this machine before";
  const auto text = core::read_file(file);
  if (!text) return std::nullopt;
  why_not = "the file of the last measurement cannot be read";
  const auto json = core::parse_json(*text, file.string());
  if (!json) return std::nullopt;
  auto ceilings = from_json(*json);
  if (!ceilings) return std::nullopt;
  why_not = difference(ceilings->machine, machine);
  if (!why_not.empty()) return std::nullopt;
  for (const int count : threads) {
    if (std::any_of(ceilings->peaks.begin(), ceilings->peaks.end(), [&](const Peak& p) { return p.threads == count; })) continue;
    why_not = fmt::format("not measured with {} thread{} before", count, count == 1 ? "" : "s");
    return std::nullopt;
  }
  return std::move(*ceilings);
}

core::Result<void> keep(const std::filesystem::path& file, const Ceilings& ceilings) { return core::write_file(file, to_json(ceilings).dump(1) + "\n"); }

}  // namespace trainmark::ceilings
