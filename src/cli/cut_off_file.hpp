// Samples are mapped, not read. When somebody shortens such a file during a run, the next look at what is gone is a SIGBUS.
#pragma once

namespace trainmark::cli {

/// From now on SIGBUS ends the program with a sentence and the exit code of an error, not with a core dump. What the store
/// has of the run stays; 'run --resume' goes on.
void explain_cut_off_files();

}  // namespace trainmark::cli
