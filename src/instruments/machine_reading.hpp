// What the machine says of itself beside a block: CPU time of everybody, time that the hypervisor took, frequency, throttling by heat and by control
// groups. Counters since start, to be subtracted. All are text files of /proc and /sys; tests give them a root folder of their own.
//
// What cannot be read is no reading: virtual machines have no thermal counters, most have no frequency, and many containers no cpu.stat.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace trainmark::instruments {

/// Where to look. Made once per worker.
struct MachineFiles {
  std::string root;                        ///< before /proc and /sys; "": the machine's own
  std::vector<int> cpus;                   ///< that the worker is bound to: frequency, heat, stolen time
  std::vector<int> allowed;                ///< all that we may use: other processes' CPU time
  std::vector<std::string> throttle = {};  ///< cpu.stat of our control groups, from our own up to the mount; see throttle_files
};

struct MachineReading {
  int64_t busy_ns = 0;                         ///< CPU time of everything on the allowed CPUs; stolen and idle time are not in it. In ticks of 10 ms
  int64_t steal_ns = 0;                        ///< that the hypervisor gave to others while the worker's CPUs had work. In ticks
  std::optional<int64_t> thermal_throttles;    ///< times that one of the worker's CPUs was slowed for heat
  std::optional<int64_t> cgroup_throttled_ns;  ///< time that threads of our groups waited for their quota
};

/// cpu.stat of the groups in which ROOT/proc/self/cgroup says that we are, and of the groups above them: a limit may be set at any level.
std::vector<std::string> throttle_files(const std::string& root);

MachineReading read_machine(const MachineFiles& files);

MachineReading operator-(const MachineReading& after, const MachineReading& before);

/// Present frequency of the worker's CPUs in MHz, their mean: cpufreq's, or what /proc/cpuinfo tells.
std::optional<double> frequency_mhz(const MachineFiles& files);

}  // namespace trainmark::instruments
