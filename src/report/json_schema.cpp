// The published schema, embedded by CMake: the program can hand it out wherever it is.
#include "report/report.hpp"
#include "report/report_schema.hpp"

namespace trainmark::report {

std::string_view json_schema() { return kReportSchema; }

}  // namespace trainmark::report
