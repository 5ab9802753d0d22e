// The Python is that of $TRAINMARK_CHARTS_PYTHON, else the one that './dev build' made in the cache (tools/charts), else python3.
#include "report/figures.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include "core/file.hpp"
#include "platforms/programs.hpp"

namespace trainmark::report {
namespace {

namespace fs = std::filesystem;
using core::Json;

bool draws(const std::string& python) {
  const auto ended = platforms::run_program({python, "-c", "import vl_convert"}, [](std::string_view) {});
  return ended && *ended == 0;
}

core::Result<std::string> find_python() {
  std::vector<std::string> candidates;
  const char* own = std::getenv("TRAINMARK_CHARTS_PYTHON");
  if (own != nullptr && *own != '\0') candidates.emplace_back(own);
  const auto cache = core::cache_folder();
  fs::path tools = cache ? *cache / "tools" / "charts" : fs::path("charts-venv");
  candidates.push_back((tools / "bin" / "python").string());
  if (const fs::path found = platforms::find_program("python3"); !found.empty()) candidates.push_back(found.string());
  for (const std::string& python : candidates) {
    if (draws(python)) return python;
  }
  return core::usage_error(fmt::format(
      "--figures: no Python here has the package vl-convert-python, which draws charts to files; get it with 'python3 -m venv {0}' and "
      "'{0}/bin/pip install vl-convert-python', or name one with TRAINMARK_CHARTS_PYTHON (the specifications are written, for any Vega-Lite program)",
      tools.string()));
}

}  // namespace

Json complete_spec(const Chart& chart, const std::map<std::string, Style>& styles) {
  Json spec = chart.spec;
  spec["$schema"] = "https://vega.github.io/schema/vega-lite/v6.json";
  spec["width"] = 560;
  spec.erase("autosize");
  spec["datasets"] = chart.data;
  spec["config"] = chart_config("light", chart.platforms, styles);
  spec["config"]["font"] = "sans-serif";
  return spec;
}

core::Result<std::vector<std::string>> write_figures(const std::vector<Chart>& charts, const fs::path& folder) {
  std::error_code failure;
  fs::create_directories(folder, failure);
  if (failure) return core::usage_error(fmt::format("--figures: cannot make the folder '{}': {}", folder.string(), failure.message()));
  const auto styles = styles_of(platforms_of(charts));
  std::vector<std::string> names;
  for (const Chart& chart : charts) {
    names.push_back(chart.id + ".vl.json");
    const std::string text = complete_spec(chart, styles).dump(1, ' ', true, Json::error_handler_t::replace) + "\n";
    if (const auto written = core::write_file(folder / names.back(), text); !written) return written.error();
  }
  if (charts.empty()) return names;
  const auto python = find_python();
  if (!python) return python.error();
  const auto scripts = core::TemporaryFolder::make(fs::temp_directory_path(), "trainmark-draw-");
  if (!scripts) return scripts.error();
  if (const auto written = core::write_file(scripts->path() / "draw.py", chart_file("draw.py")); !written) return written.error();
  std::string last;
  const auto ended = platforms::run_program({*python, "-B", (scripts->path() / "draw.py").string(), folder.string()}, [&](std::string_view line) {
    last = line;
    if (line.starts_with("wrote ")) names.emplace_back(line.substr(6));
  });
  if (!ended) return ended.error();
  if (*ended != 0) return core::tool_error(fmt::format("--figures: drawing failed after {} files: {}", names.size() - charts.size(), last));
  return names;
}

}  // namespace trainmark::report
