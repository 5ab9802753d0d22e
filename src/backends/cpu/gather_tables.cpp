// Tables are mostly straight lines rounded once: (pixel / 255 - mean) / deviation. A lookup of 16 values takes about ten
// cycles, arithmetic in double precision about half, and a line in two single-precision operations a quarter. Every form is tried on all 256 pixels and taken
// only when it is equal to the table to the bit.
#include "backends/cpu/gather_tables.hpp"

#include <cmath>
#include <cstring>

namespace trainmark::backends::cpu {
namespace {

template <class F>
bool equals_table(const std::array<float, 256>& table, const F& f) {
  for (int p = 0; p < 256; ++p) {
    const float value = f(p);
    if (std::memcmp(&value, &table[static_cast<size_t>(p)], sizeof value) != 0) return false;
  }
  return true;
}

// The slope as a sum of two floats: p high + p low is then exact enough to round like the division.
bool try_scale(const std::array<float, 256>& table, double slope, GatherTables::Channel& channel) {
  const float high = static_cast<float>(slope), low = static_cast<float>(slope - static_cast<double>(high));
  const auto value = [&](int p) { return std::fma(static_cast<float>(p), high, static_cast<float>(p) * low); };
  if (!equals_table(table, value)) return false;
  channel.high = high;
  channel.low = low;
  channel.form = GatherTables::Form::kScale;
  return true;
}

float moved(float value, int ulps) {
  for (; ulps > 0; --ulps) value = std::nextafter(value, HUGE_VALF);
  for (; ulps < 0; ++ulps) value = std::nextafter(value, -HUGE_VALF);
  return value;
}

// Counted from the pixel where the line crosses zero, the value is q high + (q low + rest) with a rest below one step of the
// line: what the inner sum loses in rounding is then too small for the outer one, or nearly so, and some neighbours of the
// constants are tried. It is met for MNIST's and Fashion-MNIST's normalisation, not for every one.
bool try_line(const std::array<float, 256>& table, double slope, double offset, GatherTables::Channel& channel) {
  const double nearest = std::round(-offset / slope);
  const float high = static_cast<float>(slope), low = static_cast<float>(slope - static_cast<double>(high));
  for (const double zero : {nearest, nearest - 1, nearest + 1}) {
    const float rest = static_cast<float>(slope * zero + offset), z = static_cast<float>(zero);
    for (int i = -3; i <= 3; ++i) {
      for (int j = -3; j <= 3; ++j) {
        const float l = moved(low, i), r = moved(rest, j);
        const auto value = [&](int p) { return std::fma(static_cast<float>(p) - z, high, std::fma(static_cast<float>(p) - z, l, r)); };
        if (!equals_table(table, value)) continue;
        channel.form = GatherTables::Form::kLine;
        channel.high = high;
        channel.low = l;
        channel.zero = z;
        channel.rest = r;
        return true;
      }
    }
  }
  return false;
}

bool try_affine(const std::array<float, 256>& table, double slope, double offset, GatherTables::Channel& channel) {
  if (!equals_table(table, [&](int p) { return static_cast<float>(std::fma(static_cast<double>(p), slope, offset)); })) return false;
  channel.slope = slope;
  channel.offset = offset;
  channel.form = GatherTables::Form::kAffine;
  return true;
}

// Floats give a line only to half a unit in their last place, so a few neighbours are tried: slopes are 1 / (divisor
// deviation) with both given in few decimal digits, which the table's ends do not tell. 255 divisors are common.
GatherTables::Channel make_channel(const std::array<float, 256>& table, bool fused) {
  GatherTables::Channel channel;
  std::memcpy(channel.table, table.data(), sizeof channel.table);
  if (!fused) return channel;
  const double first = static_cast<double>(table[0]), last = static_cast<double>(table[255]);
  const double slope = (last - first) / 255;
  if (table[0] == 0) {
    for (const double candidate : {slope, 1 / std::round(1 / slope), static_cast<double>(table[1])}) {
      if (std::isfinite(candidate) && try_scale(table, candidate, channel)) return channel;
    }
  }
  if (!std::isfinite(slope) || slope == 0) return channel;
  // mean and deviation in multiples of 1e-4, as published: value = (p / 255 - mean) / deviation.
  const double deviation = std::round(1e4 / (255 * slope)) / 1e4, mean = std::round(-first * deviation * 1e4) / 1e4;
  if (deviation > 0 && try_line(table, 1 / (255 * deviation), -mean / deviation, channel)) return channel;
  if (deviation > 0 && try_affine(table, 1 / (255 * deviation), -mean / deviation, channel)) return channel;
  if (try_affine(table, slope, first, channel)) return channel;
  return channel;
}

}  // namespace

bool same_tables(const GatherTables& tables, const data::NormalisationTable& normalisation) {
  if (tables.channels.size() != normalisation.channels.size()) return false;
  for (size_t c = 0; c < tables.channels.size(); ++c) {
    if (std::memcmp(tables.channels[c].table, normalisation.channels[c].data(), sizeof tables.channels[c].table) != 0) return false;
  }
  return true;
}

void make_tables(const data::NormalisationTable& normalisation, bool fused, uint8_t background, GatherTables& tables) {
  tables.channels.resize(normalisation.channels.size());
  for (size_t c = 0; c < normalisation.channels.size(); ++c) {
    GatherTables::Channel channel = make_channel(normalisation.channels[c], fused);
    channel.background = background;
    channel.base = channel.table[background];
    for (size_t p = 0; p < 256; ++p) channel.difference[p] = channel.table[p] - channel.base;
    tables.channels[c] = channel;
  }
}

}  // namespace trainmark::backends::cpu
