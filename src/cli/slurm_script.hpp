// The batch script of a study for Slurm, as text: one file that submits itself, runs a task, and merges.
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"

namespace trainmark::cli {

struct SlurmRequest {
  std::string subject;                 ///< study, study file or network
  std::vector<std::string> options;    ///< of 'trainmark run', as they are
  std::vector<std::string> platforms;  ///< one task each; empty: `tasks` tasks of the whole study
  int64_t tasks = 1;
  std::string partition, memory, time;  ///< in Slurm's words; time "": the partition's own
  int64_t gpus = 0, cpus = 1;
  std::string results = "results";  ///< folder of the merged store; tasks write below it
  std::string program = "trainmark";
  std::string command_line;  ///< that made it, for the first comment
};

/// Error: a word that Slurm's options cannot hold.
core::Result<std::string> slurm_script(const SlurmRequest& request);

}  // namespace trainmark::cli
