// An event descriptor that a signal handler writes to: write() is one of the few calls that a handler may make.
#include "trial/interrupt.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>

#include "core/check.hpp"

namespace trainmark::trial {
namespace {

std::atomic<bool> raised{false};
struct sigaction previous_int, previous_term;

int make_event() {
  const int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  CHECK(fd >= 0, "the system has no event descriptors left");
  return fd;
}

void on_signal(int) {
  const int saved = errno;
  if (raised.load()) _exit(130);  // the launchers notice our death and kill the workers
  raise_interrupt();
  errno = saved;
}

}  // namespace

bool interrupted() { return raised.load(); }

int interrupt_fd() {
  static const int fd = make_event();
  return fd;
}

void raise_interrupt() {
  raised.store(true);
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(interrupt_fd(), &one, sizeof one);
}

void clear_interrupt() {
  raised.store(false);
  uint64_t value = 0;
  [[maybe_unused]] const ssize_t got = read(interrupt_fd(), &value, sizeof value);
}

InterruptScope::InterruptScope() {
  interrupt_fd();  // made here, not in the handler
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, &previous_int);
  sigaction(SIGTERM, &action, &previous_term);
}

InterruptScope::~InterruptScope() {
  sigaction(SIGINT, &previous_int, nullptr);
  sigaction(SIGTERM, &previous_term, nullptr);
}

}  // namespace trainmark::trial
