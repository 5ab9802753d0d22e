#include "fuzz/store.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  trainmark::fuzz::store_sql({data, size});
  return 0;
}
