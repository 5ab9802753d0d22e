// Drawings: a network from its graph, one box for each layer, and the machine from its environment, boxes within boxes.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "analysis/stored.hpp"
#include "network/parameters.hpp"
#include "network/shapes.hpp"
#include "report/chart_parts.hpp"
#include "report/memory_table.hpp"

namespace trainmark::report {
namespace {

using analysis::integer_in;
using analysis::member_in;
using analysis::text_in;
using core::Json;

constexpr double kRow = 56;  // pixels of one row of boxes

/// Places in units of rows down and of columns across.
struct Box {
  double left = 0, right = 0, top = 0, bottom = 0;
  double line = 0;  ///< where the text stands
  std::string label, detail;
};

Json to_json(const std::vector<Box>& boxes) {
  Json out = Json::array();
  for (const Box& b : boxes) {
    out.push_back({{"left", b.left},
                   {"right", b.right},
                   {"top", b.top},
                   {"bottom", b.bottom},
                   {"middle", (b.left + b.right) / 2},
                   {"line", b.line},
                   {"label", b.label},
                   {"detail", b.detail}});
  }
  return out;
}

Chart drawing(const std::string& name, const std::string& title, const std::string& description, const std::vector<Box>& boxes, const Json& edges) {
  double across = 1, down = 1;
  std::vector<std::vector<std::string>> rows = {{"part", "what it is"}};
  for (const Box& b : boxes) {
    across = std::max(across, b.right);
    down = std::max(down, b.bottom);
    rows.push_back({b.label, b.detail});
  }
  Chart chart = make_chart("drawing", title,
                           {{"description", description},
                            {"height", kRow * down},
                            {"across", {0, across}},
                            {"down", {0, down}},
                            {"tooltip", tooltip({{"label", "part"}, {"detail", "what it is"}})}});
  chart.name = name;
  return with_data(std::move(chart), {{"boxes", to_json(boxes)}, {"edges", edges}}, table_of(title, std::move(rows)), {});
}

std::string shape_text(const network::Shape& s) { return s.h == 1 && s.w == 1 ? std::to_string(s.c) : fmt::format("{} x {} x {}", s.c, s.h, s.w); }

/// Every layer one row below the lowest that it reads; layers of one row side by side.
std::vector<int> rows_of(const network::Network& network) {
  std::vector<int> rows;
  for (const network::Layer& layer : network.layers) {
    int row = 1;
    for (const int input : layer.inputs) row = std::max(row, input == network::kNetworkInput ? 1 : rows[static_cast<size_t>(input)] + 1);
    rows.push_back(row);
  }
  return rows;
}

std::vector<int64_t> learned_by_layer(const network::Network& network) {
  std::vector<int64_t> learned(network.layers.size());
  for (const network::Parameter& p : network::parameters(network)) learned[static_cast<size_t>(p.layer)] += p.learned ? p.size() : 0;
  return learned;
}

std::vector<Chart> network_drawing(const network::Network& network) {
  const auto shapes = network::infer_shapes(network);
  if (network.layers.empty() || !shapes) return {};
  const auto rows = rows_of(network);
  const auto learned = learned_by_layer(network);
  std::map<int, int> in_row, next;
  int most = 1;
  for (const int row : rows) most = std::max(most, ++in_row[row]);
  std::vector<Box> boxes = {{0.1, most - 0.1, 0.1, 0.75, 0.42, "input", shape_text(network.input)}};
  for (size_t i = 0; i < network.layers.size(); ++i) {
    const double width = static_cast<double>(most) / in_row[rows[i]], left = width * next[rows[i]]++;
    const std::string parameters = learned[i] > 0 ? fmt::format(", {} parameters", learned[i]) : "";
    boxes.push_back({left + 0.1, left + width - 0.1, rows[i] + 0.1, rows[i] + 0.75, rows[i] + 0.42, network.layers[i].name,
                     fmt::format("{}, {}{}", network::kind_name(network.layers[i].kind), shape_text((*shapes)[i]), parameters)});
  }
  Json edges = Json::array();
  for (size_t i = 0; i < network.layers.size(); ++i) {
    for (const int input : network.layers[i].inputs) {
      const Box &from = boxes[static_cast<size_t>(input + 1)], &to = boxes[i + 1];
      edges.push_back({{"left", (from.left + from.right) / 2}, {"top", from.bottom}, {"right", (to.left + to.right) / 2}, {"bottom", to.top}});
    }
  }
  return {drawing(
      "network", fmt::format("The network {}", network.name),
      fmt::format("{} layers with {} parameters, each with the shape of its output for one image.", network.layers.size(), network::parameter_count(network)),
      boxes, edges)};
}

/// Memory around everything, then the processor, what all cores share, the cores with what is their own; GPUs beside.
std::vector<Chart> machine_drawing(const Json& environment) {
  const Json& cpu = member_in(environment, "cpu");
  const int64_t cores = integer_in(cpu, "cores").value_or(0);
  if (cores < 1) return {};
  const int64_t drawn = std::min<int64_t>(cores, 8);
  const auto memory = integer_in(member_in(environment, "memory"), "total_bytes");
  std::string own, shared;
  for (const Json& cache : member_in(cpu, "caches")) {
    if (text_in(cache, "type") == "Instruction") continue;
    std::string& place = integer_in(cache, "shared_by").value_or(1) > 2 || integer_in(cache, "level").value_or(0) > 2 ? shared : own;
    place += fmt::format("{}L{} {}", place.empty() ? "" : ", ", integer_in(cache, "level").value_or(0), bytes_text(integer_in(cache, "bytes").value_or(0)));
  }
  const auto width = static_cast<double>(drawn);
  std::vector<Box> boxes = {
      {0, width + 0.4, 0, 3.1, 0.4, "memory", memory ? bytes_text(*memory) : "size unknown"},
      {0.1, width + 0.3, 0.75, 3.0, 1.15, text_in(cpu, "model").empty() ? "processor" : text_in(cpu, "model"),
       fmt::format("{} cores, {} threads{}{}", cores, integer_in(cpu, "threads").value_or(cores), shared.empty() ? "" : ", shared ", shared)}};
  for (int64_t i = 0; i < drawn; ++i) {
    const auto left = static_cast<double>(i) + 0.2;
    const bool rest = i + 1 == drawn && cores > drawn;
    boxes.push_back({left + 0.05, left + 0.95, 1.9, 2.85, 2.37, rest ? fmt::format("{} more cores", cores - drawn + 1) : fmt::format("core {}", i), own});
  }
  double top = 3.3;
  for (const Json& gpu : member_in(environment, "gpus")) {
    const auto bytes = integer_in(gpu, "memory_bytes");
    boxes.push_back(
        {0, width + 0.4, top, top + 0.9, top + 0.45, text_in(gpu, "name").empty() ? "GPU" : text_in(gpu, "name"), bytes ? bytes_text(*bytes) : "GPU"});
    top += 1.1;
  }
  return {drawing("machine", "The machine", fmt::format("A processor of {} cores with its caches, in its memory.", cores), boxes, Json::array())};
}

}  // namespace

std::vector<Chart> drawings(const analysis::Comparison& comparison) {
  std::vector<Chart> charts;
  std::map<std::string, size_t> known;  // by name of the network
  std::set<size_t> all;
  for (size_t w = 0; w < comparison.workloads.size(); ++w) {
    all.insert(w);
    const network::Network& network = comparison.workloads[w].workload.network;
    if (const auto found = known.find(network.name); found != known.end()) {
      charts[found->second].workloads.insert(w);
      continue;
    }
    for (Chart& chart : network_drawing(network)) {
      known[network.name] = charts.size();
      chart.section = "drawings";
      chart.id = fmt::format("d{}-network", charts.size() + 1);
      chart.workloads = {w};
      charts.push_back(std::move(chart));
    }
  }
  for (Chart& chart : machine_drawing(comparison.run.environment)) {
    chart.id = fmt::format("d{}-machine", charts.size() + 1);
    chart.section = "drawings";
    chart.workloads = all;
    charts.push_back(std::move(chart));
  }
  return charts;
}

}  // namespace trainmark::report
