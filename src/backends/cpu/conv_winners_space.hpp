// How much memory conv_winners_data.cpp works in, whatever the instruction set.
#pragma once

#include <algorithm>
#include <cstdint>

namespace trainmark::backends::cpu {

/// Floats of a table for one row of a window's pixels: four weights each, in whole vectors of up to 16.
constexpr int64_t winners_row_floats(int64_t kernel) { return (kernel + 1 + 3) / 4 * 16; }

inline constexpr int64_t kWinnersEntry = 5 * 16;  ///< floats of a window and output channel, at most

/// Windows whose entries stay in L1 beside the tables of one input channel.
inline int64_t windows_at_once(int64_t outputs, int64_t windows) { return std::clamp<int64_t>((24 << 10) / (outputs * kWinnersEntry * 4), 1, windows); }

/// x_channels, and y_channels of `windows` in a row.
inline int64_t winners_bytes(int64_t kernel, int64_t x_channels, int64_t y_channels, int64_t windows) {
  return (x_channels * y_channels * (kernel + 1) * winners_row_floats(kernel) + windows_at_once(y_channels, windows) * y_channels * kWinnersEntry) * 4;
}

}  // namespace trainmark::backends::cpu
