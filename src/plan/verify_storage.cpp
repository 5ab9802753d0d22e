// Offsets against lifetimes, pair by pair.
#include <fmt/format.h>

#include "plan/lifetimes.hpp"
#include "plan/verify_parts.hpp"

namespace trainmark::plan {
namespace {

using core::Result;
using core::tool_error;

Result<void> check_region(const Plan& plan, const std::vector<Lifetime>& lives, Storage storage, int64_t images, int64_t limit) {
  std::vector<size_t> live;
  for (size_t t = 0; t < plan.tensors.size(); ++t) {
    const Tensor& tensor = plan.tensors[t];
    if (tensor.storage != storage || tensor.alias_of >= 0 || lives[t].last < 0) continue;
    if (tensor.offset < 0 || tensor.offset % kAlignment != 0 || tensor.offset + stored_bytes(tensor, images) > limit) {
      return tool_error(fmt::format("plan: '{}' lies at byte {} of a storage of {} bytes: outside or not aligned", tensor.name, tensor.offset, limit));
    }
    live.push_back(t);
  }
  for (const size_t a : live) {
    for (const size_t b : live) {
      const Tensor& x = plan.tensors[a];
      const Tensor& y = plan.tensors[b];
      if (a < b && lives[a].overlaps(lives[b]) && x.offset < y.offset + stored_bytes(y, images) && y.offset < x.offset + stored_bytes(x, images)) {
        return tool_error(fmt::format("plan: '{}' and '{}' are alive together and share bytes", x.name, y.name));
      }
    }
  }
  return {};
}

}  // namespace

Result<void> check_storage(const Plan& plan) {
  if (plan.arena_bytes == 0) return {};  // before plan_arena
  if (auto r = check_region(plan, arena_lifetimes(plan), Storage::kArena, 0, plan.arena_bytes); !r) return r;
  std::vector<int> stage_of(plan.tensors.size(), -1);
  for (size_t s = 0; s < plan.stages.size(); ++s) {
    const Stage& stage = plan.stages[s];
    const auto lives = scratch_lifetimes(plan, stage);
    for (size_t t = 0; t < plan.tensors.size(); ++t) {
      if (plan.tensors[t].storage != Storage::kScratch || lives[t].last < 0) continue;
      if (stage_of[t] >= 0) return tool_error(fmt::format("plan: scratch tensor '{}' is used in two stages", plan.tensors[t].name));
      stage_of[t] = static_cast<int>(s);
    }
    if (auto r = check_region(plan, lives, Storage::kScratch, stage.chunk, stage.scratch_bytes); !r) return r;
  }
  return {};
}

}  // namespace trainmark::plan
