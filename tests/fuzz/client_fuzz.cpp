#include "fuzz/client.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  trainmark::fuzz::client({data, size});
  return 0;
}
