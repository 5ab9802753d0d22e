#include "ceilings/pinned.hpp"

#include <thread>

#include "core/affinity.hpp"

namespace trainmark::ceilings {

void pin_to(int cpu) {
  [[maybe_unused]] const auto bound = core::set_allowed_cpus({cpu});  // macOS refuses: measured all the same
}

void with_pinned_threads(const std::vector<int>& cpus, const std::function<void(core::ThreadPool&)>& body) {
  std::thread measuring([&] {
    core::ThreadPool pool(static_cast<int>(cpus.size()));
    pool.run(pool.threads(), [&](int, int thread) { pin_to(cpus[static_cast<size_t>(thread)]); });
    body(pool);
  });
  measuring.join();
}

}  // namespace trainmark::ceilings
