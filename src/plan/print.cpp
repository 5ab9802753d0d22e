// print: a plan as tables for people, within 100 columns.
#include <fmt/format.h>

#include <iterator>

#include "plan/passes.hpp"

namespace trainmark::plan {
namespace {

std::string shape_text(const Tensor& t) {
  const Extents& s = t.shape;
  if (s.h == 1 && s.w == 1) return s.c == 1 ? fmt::format("{}", s.n) : fmt::format("{}x{}", s.n, s.c);
  return fmt::format("{}x{}x{}x{}", s.n, s.c, s.h, s.w);
}

void print_ops(const Plan& plan, std::string& text) {
  auto out = std::back_inserter(text);
  fmt::format_to(out, "{:<24}{:<22}{:<10}{:<18}{:>10}{:>12}\n", "operation", "kind", "phase", "output", "MFLOP", "KB moved");
  int64_t flops = 0, bytes = 0;
  for (const Op& op : plan.ops) {
    const std::string shape = op.outputs.empty() ? "-" : shape_text(plan.tensors[static_cast<size_t>(op.outputs[0])]);
    fmt::format_to(out, "{:<24}{:<22}{:<10}{:<18}{:>10.3f}{:>12.1f}\n", op.name, op_name(op.kind), phase_name(op.phase), shape,
                   static_cast<double>(op.cost.flops) / 1e6, static_cast<double>(op.cost.compulsory_bytes) / 1e3);
    flops += op.cost.flops;
    bytes += op.cost.compulsory_bytes;
  }
  fmt::format_to(out, "{:<74}{:>10.3f}{:>12.1f}\n", "total (multiply and add count as two)", static_cast<double>(flops) / 1e6,
                 static_cast<double>(bytes) / 1e3);
}

// How convolutions and pooling take their activations; nothing where there are none or no layout is chosen yet.
void print_layout(const Plan& plan, std::string& text) {
  for (const Op& op : plan.ops) {
    if (op.kind != OpKind::kConv2d && op.kind != OpKind::kMaxPool && op.kind != OpKind::kAveragePool) continue;
    const bool lanes = plan.tensors[static_cast<size_t>(op.inputs[0])].layout == Layout::kImageLanes;
    text += lanes ? "convolutions and pooling: lanes are 16 images\n" : "convolutions and pooling: lanes are positions of one image\n";
    return;
  }
}

void print_stages(const Plan& plan, std::string& text) {
  static constexpr const char* kAxis[] = {"images", "outputs", "whole"};
  auto out = std::back_inserter(text);
  for (size_t s = 0; s < plan.stages.size(); ++s) {
    const Stage& stage = plan.stages[s];
    fmt::format_to(out, "stage {}: {} tasks over {}, chunk {}, scratch {} bytes a thread\n", s, stage.tasks.size(), kAxis[static_cast<size_t>(stage.axis)],
                   stage.chunk, stage.scratch_bytes);
    for (const int op : stage.ops) fmt::format_to(out, "  {}\n", plan.ops[static_cast<size_t>(op)].name);
  }
  if (plan.arena_bytes > 0) fmt::format_to(out, "arena: {} bytes, lower bound by lifetimes {}\n", plan.arena_bytes, liveness_lower_bound(plan));
}

}  // namespace

std::string print(const Plan& plan) {
  std::string text = fmt::format("{}, batch {}, {}\n\n", plan.network, plan.batch, plan.mode == Mode::kTrain ? "training step" : "evaluation");
  print_ops(plan, text);
  if (!plan.stages.empty() || plan.arena_bytes > 0) text += "\n";
  if (!plan.stages.empty()) print_layout(plan, text);
  print_stages(plan, text);
  return text;
}

}  // namespace trainmark::plan
