#include "platforms/environment.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <sstream>

#include "core/file.hpp"
#include "core/json.hpp"
#include "platforms/adapters.hpp"

namespace trainmark::platforms {
namespace {

namespace fs = std::filesystem;
using core::Json;
using core::Result;

constexpr const char* kRecord = "environment.json";
constexpr int64_t kFormat = 1;

Result<Environment> parse(const fs::path& path) {
  const auto text = core::read_file(path);
  if (!text) return text.error();
  const std::string where = fmt::format("the file '{}'", path.string());
  const auto json = core::parse_json(*text, where);
  if (!json) return json.error();
  const auto format = core::get<int64_t>(*json, "format", where);
  if (!format) return format.error();
  if (*format != kFormat) return core::usage_error(fmt::format("{} has the format {}, and this program knows {}", where, *format, kFormat));
  const auto python = core::get<std::string>(*json, "python", where);
  if (!python) return python.error();
  const auto own = core::get<bool>(*json, "own", where);
  if (!own) return own.error();
  const auto requirements = core::get<std::string>(*json, "requirements", where);
  if (!requirements) return requirements.error();
  Environment environment{*python, *own, *requirements, {}};
  const auto versions = core::get_or<Json>(*json, "versions", Json::object(), where);
  if (!versions) return versions.error();
  for (const auto& [package, version] : versions->items()) {
    if (version.is_string()) environment.versions[package] = version.get<std::string>();
  }
  return environment;
}

/// "torch==2.9.1; python_version >= '3.10'" -> "torch".
std::string package_of(const std::string& line) { return line.substr(0, line.find_first_of(" \t[=<>!~;#")); }

}  // namespace

std::string environment_name(const FrameworkPlatform& platform, const std::string& version) {
  return version.empty() ? platform.environment : fmt::format("{}@{}", platform.environment, version);
}

Result<fs::path> environment_folder(const std::string& name) {
  const auto cache = core::cache_folder();
  if (!cache) return cache.error();
  return *cache / "environments" / name;
}

Result<std::optional<Environment>> read_environment(const std::string& name) {
  const auto folder = environment_folder(name);
  if (!folder) return folder.error();
  std::error_code ignored;
  if (!fs::exists(*folder / kRecord, ignored)) return std::optional<Environment>();
  auto read = parse(*folder / kRecord);
  if (!read) return core::Error{read.error().kind, fmt::format("{}; set the platform up again", read.error().message)};
  if (!fs::exists(read->python, ignored)) return std::optional<Environment>();
  return std::optional<Environment>(std::move(*read));
}

Result<void> write_environment(const std::string& name, const Environment& environment) {
  const auto folder = environment_folder(name);
  if (!folder) return folder.error();
  std::error_code failure;
  fs::create_directories(*folder, failure);
  if (failure) return core::tool_error(fmt::format("cannot make the folder '{}': {}", folder->string(), failure.message()));
  const Json json = {{"format", kFormat},
                     {"python", environment.python.string()},
                     {"own", environment.own},
                     {"requirements", environment.requirements},
                     {"versions", environment.versions}};
  return core::write_file(*folder / kRecord, json.dump(1) + "\n");
}

Result<std::string> requirements_text(const FrameworkPlatform& platform, const std::string& version) {
  const auto adapters = adapters_folder();
  if (!adapters) return adapters.error();
  auto text = core::read_file(*adapters / "requirements" / (platform.environment + ".txt"));
  if (!text || version.empty()) return text;
  std::string changed;
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    const std::string package = package_of(line);
    if (package.empty()) continue;  // of comments, and the size is another one's
    changed += package == platform.package ? fmt::format("{}=={}.*\n", package, version) : package + "\n";
  }
  return changed;
}

std::optional<Size> size_of(const std::string& requirements) {
  const size_t at = requirements.find("# size:");
  long long download = 0, installed = 0;
  if (at == std::string::npos || std::sscanf(requirements.c_str() + at, "# size: download %lld MB, installed %lld MB", &download, &installed) != 2) return {};
  return Size{download * 1'000'000, installed * 1'000'000};
}

}  // namespace trainmark::platforms
