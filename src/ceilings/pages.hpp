// Memory straight from the system, in large pages where it gives them: with small ones a sweep measures the TLB as well.
#pragma once

#include <sys/mman.h>

#include <cstdint>
#include <new>
#include <utility>

namespace trainmark::ceilings {

class Pages {
 public:
  /// Zeros that are not there until somebody touches them. Throws std::bad_alloc.
  explicit Pages(int64_t bytes) : bytes_(static_cast<size_t>(bytes)) {
    data_ = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data_ == MAP_FAILED) throw std::bad_alloc();
#if defined(MADV_HUGEPAGE)
    madvise(data_, bytes_, MADV_HUGEPAGE);
#endif
  }
  Pages(Pages&& other) noexcept : data_(std::exchange(other.data_, MAP_FAILED)), bytes_(other.bytes_) {}
  Pages& operator=(Pages&&) = delete;
  ~Pages() {
    if (data_ != MAP_FAILED) munmap(data_, bytes_);
  }

  float* floats() const { return static_cast<float*>(data_); }
  int64_t bytes() const { return static_cast<int64_t>(bytes_); }

 private:
  void* data_;
  size_t bytes_;
};

}  // namespace trainmark::ceilings
