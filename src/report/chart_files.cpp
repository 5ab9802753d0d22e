// The files of charts/, which CMake embeds.
#include <array>
#include <utility>

#include "core/check.hpp"
#include "report/chart.hpp"

namespace trainmark::report {
namespace {

constexpr std::pair<std::string_view, std::string_view> kFiles[] = {
#include "report/built_in_charts.inc"
};

}  // namespace

std::string_view chart_file(std::string_view name) {
  for (const auto& [known, text] : kFiles) {
    if (known == name) return text;
  }
  CHECK(false, "no such file in report/charts");
  return "";
}

core::Json chart_config(const std::string& theme, const std::vector<std::string>& platforms, const std::map<std::string, Style>& styles) {
  core::Json config = core::Json::parse(chart_file(theme + ".config.json"));
  core::Json colours = core::Json::array();
  for (const std::string& platform : platforms) {
    const auto style = styles.find(platform);
    if (style != styles.end()) colours.push_back(theme == "dark" ? style->second.dark : style->second.light);
  }
  if (!colours.empty()) config["range"]["category"] = colours;
  return config;
}

}  // namespace trainmark::report
