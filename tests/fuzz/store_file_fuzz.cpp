#include "fuzz/store.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  trainmark::fuzz::store_file({data, size});
  return 0;
}
