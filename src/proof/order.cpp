#include "proof/order.hpp"

#include <fmt/format.h>

#include <bit>
#include <cmath>

#include "core/hash.hpp"
#include "proof/divergence.hpp"
#include "proof/hypotheses.hpp"

namespace trainmark::proof {
namespace {

static_assert(std::endian::native == std::endian::little, "indices are hashed as they lie in memory");

// The mistake that gives the checksum of the stretch, in words; " " before them.
std::string explain(const workload::Materials& materials, const TimedStretch& stretch) {
  const auto steps = static_cast<int64_t>(stretch.losses.size());
  const size_t kinds = batch_mistakes(materials, stretch.first_step).size();
  const auto words_of = [](const std::vector<BatchMistake>& mistakes, size_t from_end) {
    return mistakes.size() > from_end ? mistakes[mistakes.size() - 1 - from_end] : BatchMistake{};
  };
  for (size_t kind = 0; kind < kinds; ++kind) {  // counted from the end: the first steps know fewer mistakes
    uint32_t crc = 0;
    std::string words;
    for (int64_t s = 0; s < steps; ++s) {
      const BatchMistake mistake = words_of(batch_mistakes(materials, stretch.first_step + s), kind);
      crc = indices_crc(crc, mistake.indices);
      if (s == 0) words = mistake.words;
    }
    if (crc == stretch.indices_crc) return ": looks as if " + words;
  }
  uint32_t crc = 0;
  for (int64_t s = 0; s < steps; ++s) {
    const auto batch = materials.batch(stretch.first_step + s);
    crc = indices_crc(crc, batch.first(batch.size() / 2));
  }
  if (crc == stretch.indices_crc) return ": looks as if only the first half of each batch was used";
  return "";
}

}  // namespace

uint32_t indices_crc(uint32_t crc, std::span<const int32_t> indices) { return core::crc32(crc, std::as_bytes(indices)); }

std::vector<double> recorded_losses(const TimedEvidence& evidence) {
  std::vector<double> losses;
  for (const TimedStretch& stretch : evidence.stretches) losses.insert(losses.end(), stretch.losses.begin(), stretch.losses.end());
  return losses;
}

void check_recorded_losses(Session& session) {
  int64_t next = 0;
  for (const TimedStretch& stretch : session.evidence.stretches) {
    if (stretch.first_step != next)
      return add_statement(session, "recorded losses", false,
                           fmt::format("A timed stretch begins at step {} where step {} was next.", stretch.first_step, next));
    for (size_t i = 0; i < stretch.losses.size(); ++i) {
      if (!std::isfinite(stretch.losses[i]))
        return add_statement(session, "recorded losses", false,
                             fmt::format("The loss of timed step {} is {}{}.", next + static_cast<int64_t>(i), loss_text(stretch.losses[i]),
                                         explain_divergence(session, next + static_cast<int64_t>(i))));
    }
    next += static_cast<int64_t>(stretch.losses.size());
  }
  add_statement(session, "recorded losses", true, fmt::format("All {} timed steps have a finite loss.", next));
}

void check_order(Session& session) {
  for (const TimedStretch& stretch : session.evidence.stretches) {
    const int64_t end = stretch.first_step + static_cast<int64_t>(stretch.losses.size());
    uint32_t crc = 0;
    for (int64_t step = stretch.first_step; step < end; ++step) crc = indices_crc(crc, session.materials.batch(step));
    if (crc == stretch.indices_crc) continue;
    return add_statement(session, "batch order", false,
                         fmt::format("Steps {} to {} consumed other samples, or in another order, than they were given (checksum {:08x} instead of {:08x}){}.",
                                     stretch.first_step, end - 1, stretch.indices_crc, crc, explain(session.materials, stretch)));
  }
  add_statement(session, "batch order", true,
                fmt::format("The samples of all {} timed stretches were consumed in the order given.", session.evidence.stretches.size()));
}

}  // namespace trainmark::proof
