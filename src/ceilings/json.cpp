// Ceilings as JSON and back. Units are in the keys, as everywhere.
#include "ceilings/ceilings.hpp"

namespace trainmark::ceilings {
namespace {

using core::Json;
constexpr const char* kWhere = "the ceilings";

Json to_json(const Peak& p) {
  return {{"isa", p.isa}, {"type", p.type}, {"instruction", p.instruction}, {"threads", p.threads}, {"gop_per_s", p.gops}, {"median_gop_per_s", p.median_gops}};
}
Json to_json(const Bandwidth& b) {
  return {{"level", b.level.empty() ? Json() : Json(b.level)},
          {"pattern", b.pattern},
          {"threads", b.threads},
          {"bytes_per_thread", b.bytes_per_thread},
          {"gb_per_s", b.gbs},
          {"median_gb_per_s", b.median_gbs}};
}
Json to_json(const Latency& l) { return {{"cpus", {l.first_cpu, l.second_cpu}}, {"one_way_ns", l.ns}, {"median_one_way_ns", l.median_ns}}; }
Json to_json(const Capacity& c) { return {{"level", c.level}, {"threads", c.threads}, {"bytes", c.bytes}}; }
Json to_json(const Missing& m) { return {{"figure", m.figure}, {"reason", m.reason}}; }

template <class T>
Json list_of(const std::vector<T>& values) {
  Json list = Json::array();
  for (const T& value : values) list.push_back(to_json(value));
  return list;
}

/// Reads members of one object and keeps the first error.
class Members {
 public:
  explicit Members(const Json& object) : object_(object) {}
  template <class T>
  void read(const char* key, T& place) {
    if (error_) return;
    auto value = core::get<T>(object_, key, kWhere);
    if (value) place = std::move(*value);
    else error_ = value.error();
  }
  void read(const char* key, int& place) {
    int64_t value = 0;
    read(key, value);
    place = static_cast<int>(value);
  }
  const std::optional<core::Error>& error() const { return error_; }

 private:
  const Json& object_;
  std::optional<core::Error> error_;
};

void read(Members& m, Peak& p) {
  m.read("isa", p.isa);
  m.read("type", p.type);
  m.read("instruction", p.instruction);
  m.read("threads", p.threads);
  m.read("gop_per_s", p.gops);
  m.read("median_gop_per_s", p.median_gops);
}
void read(Members& m, Bandwidth& b) {
  Json level;
  m.read("level", level);
  b.level = level.is_string() ? level.get<std::string>() : "";
  m.read("pattern", b.pattern);
  m.read("threads", b.threads);
  m.read("bytes_per_thread", b.bytes_per_thread);
  m.read("gb_per_s", b.gbs);
  m.read("median_gb_per_s", b.median_gbs);
}
void read(Members& m, Latency& l) {
  Json cpus;
  m.read("cpus", cpus);
  if (cpus.is_array() && cpus.size() == 2 && cpus[0].is_number_integer() && cpus[1].is_number_integer()) {
    l.first_cpu = cpus[0].get<int>();
    l.second_cpu = cpus[1].get<int>();
  }
  m.read("one_way_ns", l.ns);
  m.read("median_one_way_ns", l.median_ns);
}
void read(Members& m, Capacity& c) {
  m.read("level", c.level);
  m.read("threads", c.threads);
  m.read("bytes", c.bytes);
}
void read(Members& m, Missing& missing) {
  m.read("figure", missing.figure);
  m.read("reason", missing.reason);
}

template <class T>
std::optional<core::Error> read_list(const Json& json, const char* key, std::vector<T>& place) {
  const auto list = core::get<Json>(json, key, kWhere);
  if (!list) return list.error();
  if (!list->is_array()) return core::usage_error(std::string("'") + key + "' in the ceilings must be a list");
  for (const Json& item : *list) {
    Members members(item);
    T value;
    read(members, value);
    if (members.error()) return members.error();
    place.push_back(std::move(value));
  }
  return std::nullopt;
}

}  // namespace

core::Json to_json(const Ceilings& c) {
  return {{"form", c.full ? "full" : "short"},
          {"again", c.again},
          {"measured_wall_ns", c.measured_wall_ns},
          {"elapsed_s", c.elapsed_s},
          {"machine", c.machine},
          {"arithmetic", list_of(c.peaks)},
          {"bandwidth", list_of(c.levels)},
          {"sweep", list_of(c.sweep)},
          {"core_to_core", list_of(c.latencies)},
          {"capacities", list_of(c.capacities)},
          {"unavailable", list_of(c.missing)}};
}

core::Result<Ceilings> from_json(const core::Json& json) {
  Ceilings c;
  Members members(json);
  std::string form;
  members.read("form", form);
  members.read("again", c.again);
  members.read("measured_wall_ns", c.measured_wall_ns);
  members.read("elapsed_s", c.elapsed_s);
  members.read("machine", c.machine);
  c.full = form == "full";
  if (members.error()) return *members.error();
  for (const auto& error :
       {read_list(json, "arithmetic", c.peaks), read_list(json, "bandwidth", c.levels), read_list(json, "sweep", c.sweep),
        read_list(json, "core_to_core", c.latencies), read_list(json, "capacities", c.capacities), read_list(json, "unavailable", c.missing)}) {
    if (error) return *error;
  }
  return c;
}

}  // namespace trainmark::ceilings
