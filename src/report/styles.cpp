// Colours after Okabe and Ito ("Color Universal Design", 2008), which people with colour blindness tell apart, darkened where they would be
// pale on white and lightened where they would be dull on black: at least 3:1 against either page (WCAG 2.2, 1.4.11). Beyond eight platforms colours
// come again with another shape of points and dash of lines, so that nothing hangs on colour alone.
#include <algorithm>
#include <array>
#include <set>

#include "report/chart.hpp"

namespace trainmark::report {
namespace {

struct Colour {
  const char *light, *dark;
};
constexpr std::array<Colour, 8> kColours = {{{"#0072b2", "#3d9fe0"},    // blue
                                             {"#d55e00", "#e8743b"},    // vermilion
                                             {"#009e73", "#20b890"},    // bluish green
                                             {"#b5559a", "#d98bb9"},    // reddish purple
                                             {"#b98200", "#e6a817"},    // orange
                                             {"#4a4a4a", "#c8c8c8"},    // black
                                             {"#3a95cc", "#86cdf2"},    // sky blue
                                             {"#857a00", "#f0e442"}}};  // yellow
constexpr std::array<const char*, 4> kShapes = {"circle", "square", "triangle-up", "diamond"};
constexpr std::array<std::array<int, 2>, 4> kDashes = {{{0, 0}, {6, 3}, {2, 2}, {9, 2}}};

/// The colour that a platform has unless it is taken: the same in all reports.
size_t colour_of(const std::string& platform) {
  static const std::map<std::string, size_t> by_name = {
      {"cpu", 0},        {"pytorch-cpu", 1},  {"numpy", 2},           {"jax-cpu", 3}, {"tensorflow-cpu", 4},  {"reference", 5},
      {"numba", 6},      {"scikit-learn", 7}, {"pytorch-cuda", 7},    {"cupy", 6},    {"tensorflow-cuda", 5}, {"jax-cuda", 3},
      {"numba-cuda", 2}, {"pytorch-mps", 6},  {"tensorflow-metal", 7}};
  const auto known = by_name.find(platform);
  if (known != by_name.end()) return known->second;
  uint32_t hash = 2166136261;  // FNV-1a
  for (const char c : platform) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619;
  return hash % kColours.size();
}

}  // namespace

std::map<std::string, Style> styles_of(const std::vector<std::string>& platforms) {
  std::set<size_t> taken;
  std::map<std::string, Style> styles;
  std::vector<std::string> sorted = platforms;
  std::sort(sorted.begin(), sorted.end());
  constexpr size_t kAll = kColours.size() * kShapes.size();
  for (const std::string& platform : sorted) {
    if (styles.contains(platform)) continue;
    const size_t first = colour_of(platform);
    size_t slot = first;
    for (size_t tried = 0; tried < kAll && taken.contains(slot); ++tried) {
      const size_t generation = tried / kColours.size();
      slot = (first + tried) % kColours.size() + generation * kColours.size();
    }
    taken.insert(slot);
    const Colour& colour = kColours[slot % kColours.size()];
    const auto& dash = kDashes[slot / kColours.size()];
    styles[platform] = {colour.light, colour.dark, kShapes[slot / kColours.size()], dash[0] == 0 ? core::Json::array() : core::Json{dash[0], dash[1]}};
  }
  return styles;
}

}  // namespace trainmark::report
