// The pool's protocol: the caller writes the job, raises the generation, works on its own share, then waits until no
// helper is left. A helper that has spun in vain announces itself as parked, looks once more, and sleeps on the
// generation; the caller wakes sleepers only when somebody is parked, so a busy pool makes no system call.
#include "core/thread_pool.hpp"

#include "core/check.hpp"

namespace trainmark::core {
namespace {

constexpr int kSpins = 4000;  // about 0.1 to 0.2 ms of pauses: longer than the gap between two stages or steps

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield" ::: "memory");
#endif
}

}  // namespace

ThreadPool::ThreadPool(int threads) : threads_(threads) {
  CHECK(threads >= 1, "a pool needs at least one thread");
  for (int t = 1; t < threads; ++t) helpers_.emplace_back([this, t] { work(t); });
}

ThreadPool::~ThreadPool() {
  stop_.store(true);
  generation_.fetch_add(1);
  generation_.notify_all();
  for (std::thread& helper : helpers_) helper.join();
}

void ThreadPool::run_share(int thread) const {
  const int64_t n = tasks_;
  const int begin = static_cast<int>(n * thread / threads_);
  const int end = static_cast<int>(n * (thread + 1) / threads_);
  for (int task = begin; task < end; ++task) task_(context_, task, thread);
}

void ThreadPool::run_erased(int tasks, Task task, void* context) {
  if (tasks <= 1 || threads_ == 1) {
    for (int i = 0; i < tasks; ++i) task(context, i, 0);
    return;
  }
  task_ = task;
  context_ = context;
  tasks_ = tasks;
  running_.store(static_cast<uint32_t>(threads_ - 1), std::memory_order_relaxed);
  generation_.fetch_add(1);  // sequentially consistent: ordered before the look at parked_
  if (parked_.load() > 0) generation_.notify_all();
  run_share(0);
  for (int spin = 0; running_.load(std::memory_order_acquire) != 0; ++spin) {
    if (spin < kSpins) pause();
    else std::this_thread::yield();
  }
}

void ThreadPool::work(int thread) {
  uint32_t seen = 0;
  while (true) {
    for (int spin = 0; spin < kSpins && generation_.load(std::memory_order_acquire) == seen; ++spin) pause();
    if (generation_.load() == seen) {
      parked_.fetch_add(1);
      while (generation_.load() == seen) generation_.wait(seen);
      parked_.fetch_sub(1);
    }
    seen = generation_.load(std::memory_order_acquire);
    if (stop_.load()) return;
    run_share(thread);
    running_.fetch_sub(1, std::memory_order_release);
  }
}

}  // namespace trainmark::core
