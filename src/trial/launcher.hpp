// The launcher: a small process between the supervisor and a worker, the hidden command `trainmark launch`.
//
// Why it exists:
// - ru_maxrss of a process begins at the size of the process that it was forked from, and exec keeps it; forked from the
//   supervisor, a worker that dies would be reported with the supervisor's memory. The launcher has a few megabytes.
// - Workers must die with the supervisor, with all that they have started. The kernel sends SIGTERM to the launcher when the
//   supervisor dies and SIGKILL to the worker when the launcher dies; the launcher kills the worker's whole process group, and as
//   subreaper it inherits and kills whatever left that group.
// It waits without using the CPU, is never stopped, and reports to file descriptor 3: "pid N" when the worker has been started and
// "end STATUS MAX_RSS_KIB CPU_NS" when nothing of it is left.
#pragma once

namespace trainmark::trial {

/// `trainmark launch SUPERVISOR_PID CPUS -- COMMAND...`: CPUS are numbers with commas in between, or "all". Standard input, output
/// and error go to the worker. Returns the exit code of the launcher, which says nothing about the worker.
int run_launcher(int argc, char** argv);

/// The file descriptor that the launcher reports to.
inline constexpr int kReportFd = 3;

}  // namespace trainmark::trial
