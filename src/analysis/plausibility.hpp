// Is a figure possible on this machine? Rules by which a step time is held against the ceilings that were measured in the same run.
//
// FLOPs are counted by shape, but an implementation may honestly do fewer (Winograd's convolutions, the zeros behind a max-pool left
// out). Our own engines say what they execute, and are held against the peak with that. Of others it is only known what they
// would have to execute without such a trick: then a figure somewhat above the peak is labelled, and one far above is not believed.
// What is not believed is INVALID: not ranked, and the run ends with exit code 4.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace trainmark::analysis {

enum class Plausibility { kPlausible, kCacheResident, kLessArithmetic, kInvalid };
/// "plausible", "cache_resident", "less_arithmetic", "invalid"
const char* plausibility_name(Plausibility plausibility);

/// Above the ceiling by more than that it is not the noise of two measurements.
inline constexpr double kCeilingTolerance = 1.05;
/// No known way of doing less arithmetic saves more: Winograd's F(4x4, 3x3) saves a factor of 4 (Lavin and Gray, CVPR 2016).
inline constexpr double kMostSavedArithmetic = 4;

/// Arithmetic over time, and who says so.
struct ArithmeticClaim {
  double gops = 0;          ///< counted by shape; of the engines of trainmark, executed
  double ceiling_gops = 0;  ///< of as many threads
  int threads = 1;
  bool executed = false;  ///< it is known that so much is executed: the engines of trainmark
  bool verified = false;  ///< by the proof, in the precision that was asked for
  bool may_save = false;  ///< the work has convolutions, or searches for neighbours: it can be done with less arithmetic
};

/// Bytes that any implementation must fetch, over time.
struct BandwidthClaim {
  double bytes = 0, time_ns = 0;
  double working_set_bytes = 0;  ///< what is fetched again and again: a cache that holds it may serve it
  double last_level_bytes = 0;   ///< 0: not known
  double memory_gbs = 0;         ///< the most that memory gives by any pattern
  const char* what = "";         ///< "samples", "weights and their optimiser state"
};

struct Finding {
  Plausibility plausibility = Plausibility::kPlausible;
  double ratio = 0;    ///< figure over ceiling, without what a cache explains; above 1 the ceiling should be measured again
  std::string reason;  ///< half a sentence; "" when plausible
};

Finding judge(const ArithmeticClaim& claim);
/// Of a set that is larger than the last level, at most the part that fits can be served by it; the rest comes from memory.
Finding judge(const BandwidthClaim& claim);

/// The gravest.
Finding gravest(const std::vector<Finding>& findings);

}  // namespace trainmark::analysis
