// Calls a function every so often on a thread of its own, from its making until its end.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

namespace trainmark::instruments {

class Sampler {
 public:
  /// The first call comes after one interval. Calls never overlap; the function must not throw.
  Sampler(int64_t interval_ns, std::function<void()> call);
  ~Sampler();
  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  bool over_ = false;
  std::thread thread_;
};

}  // namespace trainmark::instruments
