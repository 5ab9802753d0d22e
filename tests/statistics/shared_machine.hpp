// A shared machine that never was: times of two platforms as a cloud machine gives them, with a ratio that is known.
//
// Everything is a factor, so the logarithm of a block's time is a sum: of its platform, of its process (address layout, choices of a library), of the
// machine's drift (which both platforms of a round share), of steps (a neighbour came and stays), of bursts (something ran for a moment; it hits
// blocks, not rounds), and of the block's own noise. A share of the bursts is noticed, and their rounds are marked, as disturbance.hpp does.
#pragma once

#include <cmath>
#include <limits>
#include <vector>

#include "core/philox.hpp"
#include "statistics/stop_rule.hpp"
#include "statistics/summary.hpp"

namespace trainmark::statistics {

/// Deviations and sizes are of logarithms: 0.01 is 1 %.
struct SharedMachine {
  const char* name = "";
  double process = 0.01;       // deviation between processes of a platform
  double lucky = 0.1;          // chance of a process to be 3 % faster than the others of its platform
  double noise = 0.01;         // of a block
  double drift = 0.02;         // deviation of a slow wave that platforms share; 0.95 of it stays from round to round
  double step = 0.02;          // chance per round of a step of up to 10 %, up or down, that stays
  double burst = 0.08;         // chance per round that a burst begins, which lasts two rounds in the mean and costs 5 to 60 %
  double noticed = 0.9;        // share of the rounds with bursts that are marked
  int rounds = 12;             // of a process
  bool late_steps_hit = true;  // a step falls between the two blocks of its round
};

struct SimulatedRun {
  std::vector<std::vector<double>> slow, fast;  // [process][round]; NaN: marked
  bool precise = false;                         // the stop rule ended it, not the cap
};

class Simulation {
 public:
  Simulation(const SharedMachine& machine, double ratio, uint64_t seed) : machine_(machine), ratio_(ratio), random_(seed, 0x73696d) {
    wave_ = machine_.drift * random_.normal();
  }

  /// Repetitions until both platforms are precise, at most `cap`; a precision of 0 makes `cap` of them.
  SimulatedRun run(double precision, int cap) {
    SimulatedRun run;
    std::vector<double> slow_medians, fast_medians;
    while (static_cast<int>(run.slow.size()) < cap && !run.precise) {
      add_process(run);
      add_median(run.slow.back(), slow_medians);
      add_median(run.fast.back(), fast_medians);
      run.precise = precision > 0 && is_precise(slow_medians, precision) && is_precise(fast_medians, precision);
    }
    return run;
  }

 private:
  double uniform() { return (random_.below(1u << 24) + 0.5) / static_cast<double>(1u << 24); }
  bool chance(double probability) { return uniform() < probability; }
  double process_level() { return machine_.process * random_.normal() - (chance(machine_.lucky) ? 0.03 : 0); }
  double block(double level) { return std::exp(level + base_ + wave_ + burst_cost() + machine_.noise * random_.normal()); }
  double burst_cost() { return burst_rounds_ > 0 && chance(0.8) ? burst_size_ * (0.5 + 0.5 * uniform()) : 0; }

  void add_process(SimulatedRun& run) {
    const double slow = std::log(ratio_) + process_level(), fast = process_level();
    std::vector<double> slow_times, fast_times;
    for (int round = 0; round < machine_.rounds; ++round) {
      wave_ = 0.95 * wave_ + machine_.drift * std::sqrt(1 - 0.95 * 0.95) * random_.normal();
      const double step = chance(machine_.step) ? 0.1 * (2 * uniform() - 1) : 0;
      if (burst_rounds_ > 0) --burst_rounds_;
      if (burst_rounds_ == 0 && chance(machine_.burst)) {
        burst_rounds_ = 1 + static_cast<int>(random_.below(3));
        burst_size_ = 0.05 + 0.55 * uniform();
      }
      const bool slow_first = chance(0.5);
      double first = block(slow_first ? slow : fast);
      base_ += step;
      double second = block(slow_first ? fast : slow);
      if (burst_rounds_ > 0 && chance(machine_.noticed)) first = second = std::numeric_limits<double>::quiet_NaN();
      slow_times.push_back(slow_first ? first : second);
      fast_times.push_back(slow_first ? second : first);
    }
    run.slow.push_back(std::move(slow_times));
    run.fast.push_back(std::move(fast_times));
  }

  static void add_median(const std::vector<double>& times, std::vector<double>& medians) {
    std::vector<double> known;
    for (const double time : times) {
      if (!std::isnan(time)) known.push_back(time);
    }
    if (!known.empty()) medians.push_back(median(known));
  }

  SharedMachine machine_;
  double ratio_;
  core::Philox random_;
  double wave_ = 0, base_ = 0, burst_size_ = 0;
  int burst_rounds_ = 0;
};

}  // namespace trainmark::statistics
