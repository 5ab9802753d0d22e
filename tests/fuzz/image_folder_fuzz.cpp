#include "fuzz/image_folder.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  trainmark::fuzz::image_folder({data, size});
  return 0;
}
