#include "instruments/sampler.hpp"

#include <chrono>

namespace trainmark::instruments {

Sampler::Sampler(int64_t interval_ns, std::function<void()> call)
    : thread_([this, interval_ns, call = std::move(call)] {
        std::unique_lock lock(mutex_);
        while (!wake_.wait_for(lock, std::chrono::nanoseconds(interval_ns), [this] { return over_; })) {
          lock.unlock();
          call();
          lock.lock();
        }
      }) {}

Sampler::~Sampler() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

}  // namespace trainmark::instruments
