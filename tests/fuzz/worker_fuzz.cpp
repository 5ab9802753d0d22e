#include "fuzz/worker.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  trainmark::fuzz::worker_requests({data, size});
  return 0;
}
