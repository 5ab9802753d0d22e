#include "analysis/machine.hpp"

#include "analysis/stored.hpp"

namespace trainmark::analysis {
namespace {

std::string processor(const core::Json& environment) { return text_in(member_in(environment, "cpu"), "model"); }

}  // namespace

std::string machine_name(const core::Json& environment) {
  if (std::string label = text_in(environment, "label"); !label.empty()) return label;
  if (std::string host = text_in(member_in(environment, "system"), "host"); !host.empty()) return host;
  std::string model = processor(environment);
  return model.empty() ? "an unnamed machine" : model;
}

std::string machine_text(const core::Json& environment) {
  std::string name = machine_name(environment);
  const std::string model = processor(environment);
  return model.empty() || model == name ? name : name + " (" + model + ")";
}

std::string commit_of(const core::Json& environment) { return text_in(member_in(environment, "build"), "git_commit"); }

}  // namespace trainmark::analysis
