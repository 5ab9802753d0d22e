// Sweeps: workloads of a run that differ in one size alone (batch, hidden width, samples, threads), and how the times of each platform grow with it.
//
// The growth exponent is the slope of log step time on log size over the medians of all processes, by least squares, with Student's t of the residuals: it
// includes what is not a power law. A crossover is claimed between two sizes only where the intervals of the ratio exclude 1 on both sides, with different
// signs; its place is interpolated in logarithms and no more exact than its neighbours are close.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "statistics/bootstrap.hpp"

namespace trainmark::store {
struct RunData;
}

namespace trainmark::analysis {
struct Comparison;

struct SweepPoint {
  int64_t size = 0;
  std::string hash;                            ///< of its workload
  std::optional<double> step_ns;               ///< median; none: see cause
  std::optional<statistics::Interval> step;    ///< 95 %, of the median
  std::optional<double> sample_ns;             ///< step over the samples of a full batch
  std::optional<statistics::Interval> sample;  ///< of the same
  int64_t processes = 0;
  std::string cause;    ///< why it does not count, half a sentence: "out of memory: ...", "failed: the loss of step 3 is nan, ..."; "" when it does
  size_t workload = 0;  ///< its place in Comparison::workloads, where one hash stands with each number of threads
};

struct Growth {
  double exponent = 0;
  std::optional<statistics::Interval> interval;  ///< 95 %; none below three process medians
  int64_t sizes = 0;                             ///< that it rests on
};

struct SweepLine {
  std::string platform;
  std::vector<SweepPoint> points;  ///< ascending
  std::optional<Growth> growth;    ///< none below two sizes with a time
};

/// Below `size` the one, above it the other takes less time.
struct Crossover {
  std::string faster_below, faster_above;
  double size = 0;
  int64_t below = 0, above = 0;  ///< the nearest sizes where the difference is sure
};

struct Sweep {
  std::string varied;  ///< "batch_size", "hidden", "train_count", "threads"
  std::string name;    ///< in words: "batch size"
  std::string title;   ///< what all points share: "mnist-mlp-10 on mnist, 2 threads"
  std::vector<SweepLine> lines;
  std::vector<Crossover> crossovers;
  std::vector<std::string> sentences;
};

/// All sweeps with at least two sizes, in the order of the run's workloads. Needs the finished workloads of the comparison.
std::vector<Sweep> find_sweeps(const Comparison& comparison, const store::RunData& data);

}  // namespace trainmark::analysis
