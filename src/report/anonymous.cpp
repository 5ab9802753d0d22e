// A path begins where a slash, a tilde or a drive stands after something that can come before a word, and ends before what can come after
// one, or behind an option ("-I/usr"). "samples/s" and "1/4" are no paths.
#include "report/anonymous.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace trainmark::report {
namespace {

constexpr std::string_view kBefore = " \t\r\n\"'`([{<=:,;|", kEnds = " \t\r\n\"'`)]}>,;|";

/// Whether what stands before is an option without a gap: "-I" of "-I/home/somebody".
bool follows_option(std::string_view text, size_t at) {
  const size_t before = text.find_last_of(kBefore, at - 1);
  const auto word = text.substr(before == std::string_view::npos ? 0 : before + 1, at - (before == std::string_view::npos ? 0 : before + 1));
  return text[at] == '/' && word.size() > 1 && word[0] == '-' && std::isalpha(static_cast<unsigned char>(word[1])) != 0;
}

bool begins_path(std::string_view text, size_t at) {
  if (at > 0 && kBefore.find(text[at - 1]) == std::string_view::npos && !follows_option(text, at)) return false;
  const auto rest = text.substr(at);
  if (rest.size() > 2 && rest[1] == ':' && (rest[2] == '\\' || rest[2] == '/') && std::isalpha(static_cast<unsigned char>(rest[0])) != 0) return true;
  if (rest.rfind("~/", 0) == 0) return true;
  return rest.size() > 1 && rest[0] == '/' && kEnds.find(rest[1]) == std::string_view::npos;
}

bool of_every_system(std::string_view path) {
  constexpr std::array<std::string_view, 3> kRoots = {"/proc/", "/sys/", "/dev/"};
  return std::any_of(kRoots.begin(), kRoots.end(), [&](std::string_view root) { return path.rfind(root, 0) == 0; });
}

bool in_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-'; }

std::string without_paths(const std::string& text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    if (!begins_path(text, at)) {
      out += text[at++];
      continue;
    }
    const char quote = at > 0 ? text[at - 1] : ' ';
    const bool quoted = quote == '\'' || quote == '"' || quote == '`';  // such a path may hold spaces
    size_t end = quoted ? text.find(quote, at) : text.find_first_of(kEnds, at);
    if (end == std::string::npos) end = text.size();
    const std::string path = text.substr(at, end - at);
    out += of_every_system(path) ? path : "[path]";
    at = end;
  }
  return out;
}

std::string without_word(const std::string& text, const std::string& word, const std::string& instead) {
  std::string out;
  size_t at = 0;
  for (size_t found = text.find(word); found != std::string::npos; found = text.find(word, found + word.size())) {
    const size_t end = found + word.size();
    if ((found > 0 && in_word(text[found - 1])) || (end < text.size() && in_word(text[end]))) continue;
    out += text.substr(at, found - at) + instead;
    at = end;
  }
  return out + text.substr(at);
}

}  // namespace

std::string anonymous_text(const std::string& text, const std::string& host) {
  const std::string pathless = without_paths(text);
  return host.empty() ? pathless : without_word(pathless, host, "[host]");
}

void make_anonymous(std::vector<std::vector<std::string>>& rows) {
  for (auto& row : rows) {
    for (std::string& cell : row) cell = anonymous_text(cell, "");
  }
}

core::Json anonymous_json(core::Json json, const std::string& host) {
  if (json.is_string()) return anonymous_text(json.get<std::string>(), host);
  if (json.is_structured()) {
    for (auto& member : json) member = anonymous_json(std::move(member), host);
  }
  return json;
}

std::string host_of(const core::Json& environment) {
  const core::Json host = environment.value(core::Json::json_pointer("/system/host"), core::Json());
  return host.is_string() ? host.get<std::string>() : "";
}

core::Json anonymous_environment(core::Json environment) {
  const std::string host = host_of(environment);
  if (environment.contains("system") && environment["system"].is_object()) environment["system"]["host"] = nullptr;
  return anonymous_json(std::move(environment), host);
}

}  // namespace trainmark::report
