// Zeroed memory on cache lines. Pages that are never touched are never there: calloc takes large blocks fresh from the
// system, so an arena costs what a step uses of it.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

#include "plan/tensor.hpp"

namespace trainmark::backends::cpu {

class Buffer {
 public:
  explicit Buffer(int64_t bytes = 0) : bytes_(bytes), block_(bytes == 0 ? nullptr : std::calloc(static_cast<size_t>(bytes + plan::kAlignment), 1)) {
    if (bytes != 0 && block_ == nullptr) throw std::bad_alloc();
  }
  uint8_t* data() const {
    const auto address = reinterpret_cast<uintptr_t>(block_.get());
    return reinterpret_cast<uint8_t*>((address + plan::kAlignment - 1) / plan::kAlignment * plan::kAlignment);
  }
  int64_t bytes() const { return bytes_; }

 private:
  struct Free {
    void operator()(void* block) const { std::free(block); }
  };
  int64_t bytes_;
  std::unique_ptr<void, Free> block_;
};

}  // namespace trainmark::backends::cpu
