// Between images as lanes and padded rows: where convolutions end and dense layers begin, and back for the gradients.
#include "backends/cpu/targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/convert.cpp"
#include <hwy/foreach_target.h>

#include "backends/cpu/kernels.hpp"
#include "backends/cpu/simd.hpp"

HWY_BEFORE_NAMESPACE();
namespace trainmark::backends::cpu::HWY_NAMESPACE {
namespace {

void lanes_to_rows(const Operand& x, const Operand& y, const Context& context) {
  const int64_t size = x.shape.per_image();
  for (int64_t group = 0; group < context.images; group += 16) {
    const float* const from = x.at(context) + group * size;
    float* const to = y.at(context) + group * y.stride;
    const int64_t images = std::min<int64_t>(16, context.images - group);
    int64_t i = 0;
    if (images == 16) {
      for (; i + 4 <= size; i += 4) lanes_to_rows4(from + i * 16, to + i, y.stride);
    }
    for (; i < size; ++i) {
      for (int64_t n = 0; n < images; ++n) to[n * y.stride + i] = from[i * 16 + n];
    }
    for (; i < y.stride; ++i) {
      for (int64_t n = 0; n < images; ++n) to[n * y.stride + i] = 0;
    }
  }
}

// Lanes without an image become zero: gradients of images that are not there contribute nothing.
void rows_to_lanes(const Operand& x, const Operand& y, const Context& context) {
  const int64_t size = x.shape.per_image();
  for (int64_t group = 0; group < context.images; group += 16) {
    const float* const from = x.at(context) + group * x.stride;
    float* const to = y.at(context) + group * size;
    const int64_t images = std::min<int64_t>(16, context.images - group);
    int64_t i = 0;
    if (images == 16) {
      for (; i + 4 <= size; i += 4) rows_to_lanes4(from + i, x.stride, to + i * 16);
    }
    for (; i < size; ++i) {
      for (int64_t n = 0; n < 16; ++n) to[i * 16 + n] = n < images ? from[n * x.stride + i] : 0;
    }
  }
}

// in: x; out: y, one of them lanes and the other padded rows.
void convert_layout(const BoundOp& op, const Context& context) {
  if (op.in[0].lanes()) lanes_to_rows(op.in[0], op.out[0], context);
  else rows_to_lanes(op.in[0], op.out[0], context);
}

void fill(Kernels& kernels) { kernels.convert_layout = &convert_layout; }

}  // namespace
}  // namespace trainmark::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trainmark::backends::cpu {
HWY_EXPORT(fill);
void fill_convert(Kernels& kernels) { HWY_DYNAMIC_DISPATCH(fill)(kernels); }
}  // namespace trainmark::backends::cpu
#endif
