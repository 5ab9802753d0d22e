// What the timed trial recorded, held against itself and against the batch orders.
#pragma once

#include "proof/session.hpp"

namespace trainmark::proof {

/// Stretches without gaps, one finite loss per step.
void check_recorded_losses(Session& session);

/// The checksums of the consumed sample indices against those of the orders that the worker was given.
void check_order(Session& session);

/// CRC-32 of indices as little-endian int32, continued from `crc`.
uint32_t indices_crc(uint32_t crc, std::span<const int32_t> indices);

/// All recorded losses, from step 0 on.
std::vector<double> recorded_losses(const TimedEvidence& evidence);

}  // namespace trainmark::proof
