// The instruments around a block. The CPU clocks of the worker are read closest to it; the frequency, which may take milliseconds to read, after everything.
#include <algorithm>

#include "trial/trial_life.hpp"

namespace trainmark::trial {

BlockEdge read_edge(const Trial& trial) {
  BlockEdge edge;
  edge.machine = instruments::read_machine(trial.machine);
  edge.own_cpu_ns = core::process_cpu_ns();
  edge.at_ns = core::now_ns();
  edge.threads_ns = read_threads(trial.members);
  edge.cpu = read_cpu(trial.members);
  return edge;
}

void close_block(Trial& trial, const BlockEdge& before, PendingBlock& block) {
  DisturbanceReading& reading = block.reading;
  reading.cpu = read_cpu(trial.members) - before.cpu;
  const auto threads_ns = read_threads(trial.members);
  reading.own_cpu_ns = core::process_cpu_ns() - before.own_cpu_ns;
  reading.wall_ns = core::now_ns() - before.at_ns;
  reading.machine = instruments::read_machine(trial.machine) - before.machine;
  reading.frequency_mhz = instruments::frequency_mhz(trial.machine);
  trial.best_frequency_mhz = std::max(trial.best_frequency_mhz, reading.frequency_mhz.value_or(0));
  reading.best_frequency_mhz = trial.best_frequency_mhz;
  reading.elapsed_ns = block.record.elapsed_ns;
  reading.threads = trial.record.threads;
  reading.allowed_cpus = static_cast<int>(trial.machine.allowed.size());
  block.record.cpu_ns = reading.cpu.cpu_ns;
  add_block(trial.thread_use, before.threads_ns, threads_ns, block.record.elapsed_ns);
}

}  // namespace trainmark::trial
