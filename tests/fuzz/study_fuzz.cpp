#include "fuzz/study.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  trainmark::fuzz::study({data, size});
  return 0;
}
