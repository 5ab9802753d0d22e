// plan_arena: offsets for all tensors of the arena and of each stage's scratch, so that tensors which are never alive
// together share bytes.
//
// Greedy by size: the largest tensor first, each into the smallest gap between the already placed tensors that are alive
// at the same time, else behind the last of them. Source: Pisarchyk and Lee, "Efficient memory management for deep neural
// net inference", 2020, which finds it within a few per cent of the lower bound; tests/plan holds ours to that.
#include <algorithm>

#include "plan/lifetimes.hpp"
#include "plan/passes.hpp"

namespace trainmark::plan {
namespace {

struct Block {
  int tensor;
  int64_t bytes;
  Lifetime life;
};

// The smallest gap of at least `bytes` among the placed blocks that live at the same time as `block`.
int64_t find_offset(const Plan& plan, const std::vector<Block>& placed, const Block& block) {
  std::vector<std::pair<int64_t, int64_t>> taken;  // begin, end
  for (const Block& other : placed) {
    const int64_t begin = plan.tensors[static_cast<size_t>(other.tensor)].offset;
    if (other.life.overlaps(block.life)) taken.emplace_back(begin, begin + other.bytes);
  }
  std::sort(taken.begin(), taken.end());
  int64_t best = -1, best_gap = 0, end = 0;
  for (const auto& [begin, stop] : taken) {
    const int64_t gap = begin - end;
    if (gap >= block.bytes && (best < 0 || gap < best_gap)) {
      best = end;
      best_gap = gap;
    }
    end = std::max(end, stop);
  }
  return best >= 0 ? best : end;
}

// Places all blocks; returns the bytes needed in all.
int64_t place(Plan& plan, std::vector<Block> blocks) {
  std::stable_sort(blocks.begin(), blocks.end(), [](const Block& a, const Block& b) { return a.bytes > b.bytes; });
  std::vector<Block> placed;
  int64_t total = 0;
  for (const Block& block : blocks) {
    const int64_t offset = find_offset(plan, placed, block);
    plan.tensors[static_cast<size_t>(block.tensor)].offset = offset;
    total = std::max(total, offset + block.bytes);
    placed.push_back(block);
  }
  return total;
}

std::vector<Block> blocks_of(const Plan& plan, const std::vector<Lifetime>& lives, Storage storage, int64_t images, int64_t real_bytes) {
  std::vector<Block> blocks;
  for (size_t t = 0; t < plan.tensors.size(); ++t) {
    const Tensor& tensor = plan.tensors[t];
    if (tensor.storage != storage || tensor.alias_of >= 0 || lives[t].last < 0) continue;
    blocks.push_back({static_cast<int>(t), round_up(stored_bytes(tensor, images, real_bytes), kAlignment), lives[t]});
  }
  return blocks;
}

void copy_offsets_to_aliases(Plan& plan) {
  for (Tensor& tensor : plan.tensors) {
    if (tensor.alias_of >= 0) tensor.offset = plan.tensors[static_cast<size_t>(tensor.alias_of)].offset;
  }
}

}  // namespace

Plan plan_arena(Plan plan, int64_t real_bytes) {
  plan.arena_bytes = place(plan, blocks_of(plan, arena_lifetimes(plan), Storage::kArena, 0, real_bytes));
  for (Stage& stage : plan.stages) {
    stage.scratch_bytes = place(plan, blocks_of(plan, scratch_lifetimes(plan, stage), Storage::kScratch, stage.chunk, real_bytes));
  }
  copy_offsets_to_aliases(plan);
  return plan;
}

int64_t liveness_lower_bound(const Plan& plan, int64_t real_bytes) {
  const auto blocks = blocks_of(plan, arena_lifetimes(plan), Storage::kArena, 0, real_bytes);
  const size_t positions = plan.stages.empty() ? plan.ops.size() : plan.stages.size();
  std::vector<int64_t> alive(positions, 0);
  for (const Block& block : blocks) {
    for (int p = block.life.first; p <= block.life.last; ++p) alive[static_cast<size_t>(p)] += block.bytes;
  }
  return alive.empty() ? 0 : *std::max_element(alive.begin(), alive.end());
}

}  // namespace trainmark::plan
