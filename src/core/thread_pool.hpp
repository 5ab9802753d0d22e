// A pool of threads that runs the slices of one stage and returns when all are done: spin first, then park.
//
// A fork and join costs about 0.1 us while the threads spin and 40 us when they sleep, so a thread spins for a while
// after each job; after that it parks in the kernel, so that an idle engine uses no CPU. Tasks are dealt out in fixed,
// contiguous runs: thread t of T gets tasks [t n / T, (t + 1) n / T). Which thread runs a task never changes its result.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace trainmark::core {

class ThreadPool {
 public:
  /// `threads` >= 1 counts the caller, which works too. Threads inherit the caller's CPU set.
  explicit ThreadPool(int threads);
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  ~ThreadPool();

  int threads() const { return threads_; }

  /// Calls `body(task, thread)` for every task in [0, tasks); returns when all have returned. `body` must not throw.
  /// One caller at a time.
  template <class Body>
  void run(int tasks, Body&& body) {
    run_erased(
        tasks, [](void* context, int task, int thread) { (*static_cast<std::remove_reference_t<Body>*>(context))(task, thread); }, &body);
  }

 private:
  using Task = void (*)(void* context, int task, int thread);
  void run_erased(int tasks, Task task, void* context);
  void work(int thread);
  void run_share(int thread) const;

  int threads_;
  // The job, written by the caller before `generation_` is raised.
  Task task_ = nullptr;
  void* context_ = nullptr;
  int tasks_ = 0;
  alignas(64) std::atomic<uint32_t> generation_{0};  // raised for each job
  alignas(64) std::atomic<uint32_t> running_{0};     // helpers that have not finished the job
  alignas(64) std::atomic<int> parked_{0};           // helpers that sleep or are about to
  std::atomic<bool> stop_{false};
  std::vector<std::thread> helpers_;
};

}  // namespace trainmark::core
