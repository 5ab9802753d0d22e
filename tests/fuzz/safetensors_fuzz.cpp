#include "fuzz/safetensors.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  trainmark::fuzz::safetensors({data, size});
  return 0;
}
