// Which fields of two workloads differ, in the words of workload.json; words that describe (formulas, descriptions) are no part of the work.
#include <fmt/format.h>

#include "analysis/between.hpp"
#include "analysis/machine.hpp"

namespace trainmark::analysis {
namespace {

using core::Json;

std::string short_text(const Json& value) {
  const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
  return text.size() <= 24 ? text : text.substr(0, 21) + "...";
}

void add_differences(const Json& a, const Json& b, const std::string& field, std::vector<FieldDifference>& out) {
  if (a == b) return;
  if (!a.is_object() || !b.is_object()) return out.push_back({field, short_text(a), short_text(b)});
  const std::string prefix = field.empty() ? "" : field + ".";
  for (const auto& [key, value] : a.items()) add_differences(value, b.contains(key) ? b.at(key) : Json(), prefix + key, out);
  for (const auto& [key, value] : b.items()) {
    if (!a.contains(key)) add_differences(Json(), value, prefix + key, out);
  }
}

// Layers say no more than the name where the names differ.
void add_network(const network::Network& a, const network::Network& b, const Json& a_json, const Json& b_json, std::vector<FieldDifference>& out) {
  if (a_json == b_json) return;
  if (a.name != b.name) return out.push_back({"network", a.name, b.name});
  if (!(a.input == b.input)) return add_differences(a_json["input"], b_json["input"], "network.input", out);
  out.push_back({"network.layers", fmt::format("{} layers", a.layers.size()), fmt::format("{} other layers", b.layers.size())});
}

Json work_of(const workload::Workload& workload) {
  Json json = workload::to_json(workload);
  json.erase("formulas");
  json.erase("derived");
  json["network"].erase("description");
  return json;
}

void add_purpose(const std::string& field, const std::string& a, const std::string& b, std::vector<FieldDifference>& out) {
  if (a != b) out.push_back({field, a.empty() ? "unknown" : a, b.empty() ? "unknown" : b});
}

}  // namespace

std::vector<FieldDifference> differing_fields(const WorkloadResult& a, const std::string& a_dtype, const WorkloadResult& b, const std::string& b_dtype) {
  std::vector<FieldDifference> out;
  Json a_json = work_of(a.workload), b_json = work_of(b.workload);
  add_network(a.workload.network, b.workload.network, a_json["network"], b_json["network"], out);
  if (!out.empty()) return out;  // the rest follows: each network has a recipe of its own
  a_json.erase("network");
  b_json.erase("network");
  add_differences(a_json, b_json, "", out);
  if (a.threads != b.threads) out.push_back({"threads", std::to_string(a.threads), std::to_string(b.threads)});
  if (a_dtype != b_dtype) out.push_back({"dtype", a_dtype, b_dtype});
  return out;
}

std::vector<FieldDifference> purposes(const trial::RunRecord& a, const trial::RunRecord& b) {
  std::vector<FieldDifference> out;
  add_purpose("machine", machine_text(a.environment), machine_text(b.environment), out);
  add_purpose("version", a.version, b.version, out);
  add_purpose("commit", commit_of(a.environment), commit_of(b.environment), out);
  return out;
}

}  // namespace trainmark::analysis
