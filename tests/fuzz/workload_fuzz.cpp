#include "fuzz/workload.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  trainmark::fuzz::workload_json({data, size});
  return 0;
}
