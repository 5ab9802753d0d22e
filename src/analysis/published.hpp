// The numbers that the published studies printed, as they printed them: studies/published/*.csv, part of the program.
//
// They stand beside measured ones and are never computed with. A platform is written with its machine behind it, "pytorch-cuda T4".
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace trainmark::analysis {

/// One printed number; `value` is the text of the file, which may be "NaN".
struct Published {
  std::string item;  ///< "table 3"
  std::string workload, platform, quantity, value, spread, unit;
};

/// The rows of a file of published numbers; a row of another number of fields is left out.
std::vector<Published> parse_published(std::string_view csv);

/// Those of a study that comes with the program; empty for any other.
const std::vector<Published>& published_of(const std::string& study);

/// Whether a printed platform is the one measured: "pytorch-cuda T4" is pytorch-cuda, "pytorch" any of PyTorch's, "pytorch M1" that of Apple's GPU.
bool is_same_platform(const std::string& printed, const std::string& platform);

/// "42.3", or "8.9 (4 vCPU cloud)" with the machine that the platform's name carries; a spread as "51.29 +- 1.14".
std::string published_text(const Published& row, const std::string& platform);

}  // namespace trainmark::analysis
