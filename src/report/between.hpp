// The comparison of two runs as text, Markdown and JSON (docs/many-machines.md).
#pragma once

#include <string>

#include "analysis/between.hpp"
#include "core/json.hpp"

namespace trainmark::report {

std::string render_between(const analysis::RunsBetween& runs, size_t width);
std::string render_between_markdown(const analysis::RunsBetween& runs);
core::Json render_between_json(const analysis::RunsBetween& runs);

}  // namespace trainmark::report
