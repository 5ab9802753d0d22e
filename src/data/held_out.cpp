#include "data/held_out.hpp"

#include <fmt/format.h>

#include <limits>

#include "data/batch_order.hpp"

namespace trainmark::data {
namespace {

constexpr uint64_t kSeed = 0x6865'6C64'206F'7574;  // "held out"
constexpr int64_t kShare = 5;

}  // namespace

core::Result<std::vector<bool>> held_out(int64_t count, std::string_view where) {
  if (count < kShare) {
    return core::usage_error(
        fmt::format("{} has {} samples, too few to hold a fifth out for testing; name the test samples with the option test=", where, count));
  }
  if (count > std::numeric_limits<int32_t>::max()) return core::usage_error(fmt::format("{} has {} samples, more than 2^31 - 1", where, count));
  const std::vector<int32_t> drawn = epoch_order(count, 0, LastBatch::kKeep, true, kSeed, 0);
  std::vector<bool> mask(static_cast<size_t>(count));
  for (int64_t i = 0; i < count / kShare; ++i) mask[static_cast<size_t>(drawn[static_cast<size_t>(i)])] = true;
  return mask;
}

}  // namespace trainmark::data
