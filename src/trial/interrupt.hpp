// The user's wish to stop: Ctrl-C or SIGTERM. The first asks for a clean end, the second ends the process at once.
//
// The wish is process-wide, as signals are. Whoever waits for something polls interrupt_fd() beside it and so notices the wish at
// once. Workers never see the terminal's signals (they have process groups of their own), and die with this process anyway.
#pragma once

namespace trainmark::trial {

/// Whether a stop was asked for.
bool interrupted();

/// Readable as soon as a stop was asked for, for poll().
int interrupt_fd();

/// Asks for a stop, as Ctrl-C does. Any thread, and signal handlers.
void raise_interrupt();

/// Forgets the wish.
void clear_interrupt();

/// While it lives, SIGINT and SIGTERM raise the interrupt; a second one exits with code 130.
class InterruptScope {
 public:
  InterruptScope();
  ~InterruptScope();
  InterruptScope(const InterruptScope&) = delete;
  InterruptScope& operator=(const InterruptScope&) = delete;
};

}  // namespace trainmark::trial
