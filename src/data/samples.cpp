#include "data/samples.hpp"

#include "core/check.hpp"

namespace trainmark::data {

NormalisationTable make_normalisation(double divide_by, std::span<const double> mean, std::span<const double> deviation) {
  CHECK(mean.size() == deviation.size(), "a mean and a deviation for every channel");
  CHECK(divide_by != 0, "pixels cannot be divided by zero");
  NormalisationTable table;
  table.channels.resize(mean.size());
  for (size_t c = 0; c < mean.size(); ++c) {
    CHECK(deviation[c] != 0, "a deviation of zero cannot normalise");
    for (size_t pixel = 0; pixel < 256; ++pixel) {
      table.channels[c][pixel] = static_cast<float>((static_cast<double>(pixel) / divide_by - mean[c]) / deviation[c]);
    }
  }
  return table;
}

}  // namespace trainmark::data
