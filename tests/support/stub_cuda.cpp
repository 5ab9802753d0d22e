// A stand-in for NVIDIA's driver library, for tests of what is said about it. The environment says what it shows.
#include <cstdlib>

namespace {

int number(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? 0 : std::atoi(text);
}

}  // namespace

extern "C" int cuInit(unsigned /*flags*/) { return number("STUB_CUDA_ERROR"); }

extern "C" int cuDeviceGetCount(int* count) {
  *count = number("STUB_CUDA_DEVICES");
  return 0;
}
