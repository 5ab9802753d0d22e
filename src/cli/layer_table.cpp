// Costs are the plan's own, summed over the operations of each layer at batch size 1.
#include "cli/layer_table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "network/parameters.hpp"
#include "network/shapes.hpp"
#include "plan/passes.hpp"

namespace trainmark::cli {
namespace {

struct LayerSums {
  int64_t parameters = 0, flops = 0, elementwise = 0, bytes = 0;
  void add(const LayerSums& other) {
    parameters += other.parameters;
    flops += other.flops;
    elementwise += other.elementwise;
    bytes += other.bytes;
  }
};

std::vector<LayerSums> sums_by_layer(const network::Network& network) {
  std::vector<LayerSums> sums(network.layers.size());
  for (const network::Parameter& p : network::parameters(network)) sums[static_cast<size_t>(p.layer)].parameters += p.learned ? p.size() : 0;
  for (const plan::Op& op : plan::training_plan(network, 1, {}).ops) {
    if (op.layer < 0 || op.phase == plan::Phase::kUpdate) continue;
    sums[static_cast<size_t>(op.layer)].add({0, op.cost.flops, op.cost.elementwise_flops, op.cost.compulsory_bytes});
  }
  return sums;
}

std::vector<std::string> row_of(const std::vector<std::string>& names, const LayerSums& s) {
  std::vector<std::string> row = names;
  for (const int64_t value : {s.parameters, s.flops, s.elementwise, s.bytes}) row.push_back(std::to_string(value));
  return row;
}

}  // namespace

std::vector<std::vector<std::string>> layer_table(const network::Network& network) {
  const auto shapes = network::infer_shapes(network).value();
  const auto sums = sums_by_layer(network);
  std::vector<std::vector<std::string>> rows = {{"LAYER", "KIND", "READS", "OUTPUT", "PARAMETERS", "FLOP", "ELEMENTWISE", "BYTES"}};
  LayerSums total;
  for (size_t i = 0; i < network.layers.size(); ++i) {
    const network::Layer& layer = network.layers[i];
    std::vector<std::string> reads;
    for (const int input : layer.inputs) reads.push_back(input == network::kNetworkInput ? "input" : network.layers[static_cast<size_t>(input)].name);
    const network::Shape& s = shapes[i];
    const std::string shape = s.h == 1 && s.w == 1 ? std::to_string(s.c) : fmt::format("{}x{}x{}", s.c, s.h, s.w);
    rows.push_back(row_of({layer.name, network::kind_name(layer.kind), fmt::format("{}", fmt::join(reads, ",")), shape}, sums[i]));
    total.add(sums[i]);
  }
  rows.push_back(row_of({"total", "", "", ""}, total));
  return rows;
}

std::string layer_table_legend() {
  return "FLOP (multiply and add count as two; convolutions and dense layers), other operations, and bytes moved at least: for one image,\n"
         "forward and backward; the update comes once a step.\n";
}

}  // namespace trainmark::cli
