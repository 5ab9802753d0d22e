// The script that draws charts, in a file of its own because it is 0.9 MB.
#include "report/vega_bundle.hpp"
#include "report/html.hpp"

namespace trainmark::report {

std::string_view vega_bundle() { return std::string_view(kVegaBundle, sizeof(kVegaBundle) - 1); }

}  // namespace trainmark::report
