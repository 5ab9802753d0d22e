// Who belongs to whom: processes by group and by parent, from /proc.
#pragma once

#include <sys/types.h>

#include <vector>

namespace trainmark::trial {

/// What /proc/PID/stat says about one process.
struct ProcessStat {
  pid_t pid = 0, parent = 0, group = 0;
  char state = '?';  ///< R running, S sleeping, T stopped, Z ended but not reaped, ...
};

/// False when there is no such process.
bool read_process_stat(pid_t pid, ProcessStat& stat);

/// Whether some thread of the process is neither stopped nor ended. False when there is no such process.
bool has_running_thread(pid_t pid);

/// All processes of the machine that we can see. Costs about 10 us for each of them.
std::vector<ProcessStat> all_processes();

/// Processes of the group that have not ended.
std::vector<pid_t> members_of_group(pid_t group);

/// Processes whose parent is `parent`.
std::vector<pid_t> children_of(pid_t parent);

}  // namespace trainmark::trial
