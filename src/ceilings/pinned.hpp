// Threads that stay where they are put. A peak that wanders between cores, or shares one, is no peak.
#pragma once

#include <functional>
#include <vector>

#include "core/thread_pool.hpp"

namespace trainmark::ceilings {

/// Calls `body` with a pool of as many threads as there are `cpus`, each bound to its own, and returns when it has. It runs on a thread of
/// its own, so that the caller stays free. Where the system does not let threads be bound, they are not.
void with_pinned_threads(const std::vector<int>& cpus, const std::function<void(core::ThreadPool&)>& body);

/// Binds the calling thread to a CPU, where that can be done.
void pin_to(int cpu);

}  // namespace trainmark::ceilings
