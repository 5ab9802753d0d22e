// The figures of a sweep, from times by size: exponents, crossovers, sentences. See sweep.hpp for what they mean.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "analysis/comparison.hpp"
#include "analysis/sweep.hpp"
#include "analysis/times.hpp"

namespace trainmark::analysis {

using TimesBySize = std::map<int64_t, Times>;

/// Nothing below two sizes with a time.
std::optional<Growth> growth_of(const TimesBySize& times);

/// Adds where the faster of two platforms changes. Processes and rounds of one size are paired; other sizes are not needed to be.
void add_crossovers(const std::string& a, const TimesBySize& a_times, const std::string& b, const TimesBySize& b_times, std::vector<Crossover>& out);

/// "mnist-mlp-10 on mnist, batch 32, 2 threads" without the size that is varied.
std::string sweep_title(const WorkloadResult& workload, const std::string& varied);

/// How each platform grows, where they cross, which points do not count and why, and the largest size at which all did the work.
std::vector<std::string> sweep_sentences(const Sweep& sweep);

}  // namespace trainmark::analysis
