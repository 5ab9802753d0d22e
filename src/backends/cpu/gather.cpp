// The batch: 8-bit pixels of the chosen samples through the normalisation table, straight into the layout that the first
// layer wants. Values are equal to the table's to the bit, whichever form is used (see GatherTables).
#include "backends/cpu/targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/gather.cpp"
#include <hwy/foreach_target.h>

#include "backends/cpu/kernels.hpp"
#include "backends/cpu/pixels.hpp"
#include "backends/cpu/simd.hpp"

HWY_BEFORE_NAMESPACE();
namespace trainmark::backends::cpu::HWY_NAMESPACE {
namespace {

using Form = GatherTables::Form;

// `count` pixels of one channel; out need not be aligned.
template <Form F>
void convert_run(const uint8_t* pixels, int64_t count, const GatherTables::Channel& channel, float* out) {
  int64_t i = 0;
  for (; i + kL <= count; i += kL) hn::StoreU(pixel_values<F>(pixels + i, channel), D(), out + i);
  for (; i < count; ++i) out[i] = channel.table[pixels[i]];
}

void convert_pixels(const uint8_t* pixels, int64_t count, const GatherTables::Channel& channel, float* out) {
  switch (channel.form) {
    case Form::kScale:
      return convert_run<Form::kScale>(pixels, count, channel, out);
    case Form::kLine:
      return convert_run<Form::kLine>(pixels, count, channel, out);
    case Form::kAffine:
      return convert_run<Form::kAffine>(pixels, count, channel, out);
    case Form::kTable:
      return convert_run<Form::kTable>(pixels, count, channel, out);
  }
}

// out: x (n, c h w), padded rows.
void gather_rows(const BoundOp& op, const Context& context) {
  const Operand& x = op.out[0];
  const int64_t area = x.shape.h * x.shape.w, size = x.shape.per_image();
  const StepInput& input = *context.step->input;
  float* out = x.at(context);
  for (int64_t n = 0; n < context.images; ++n, out += x.stride) {
    const uint8_t* const image = input.samples->pixels + input.indices[context.image_begin + n] * size;
    for (int64_t c = 0; c < x.shape.c; ++c) convert_pixels(image + c * area, area, context.step->gather->channels[static_cast<size_t>(c)], out + c * area);
    for (int64_t i = size; i < x.stride; ++i) out[i] = 0;
  }
}

// Values [row_begin, row_end) of every image: what one range of inputs needs. out: x (n, c h w), padded rows.
void gather_columns(const BoundOp& op, const Context& context) {
  const Operand& x = op.out[0];
  const int64_t area = x.shape.h * x.shape.w, size = x.shape.per_image();
  const StepInput& input = *context.step->input;
  float* out = x.at(context);
  for (int64_t n = 0; n < context.images; ++n, out += x.stride) {
    const uint8_t* const image = input.samples->pixels + input.indices[n] * size;
    for (int64_t begin = context.row_begin; begin < context.row_end;) {
      const int64_t end = std::min(context.row_end, (begin / area + 1) * area);  // of this channel
      convert_pixels(image + begin, end - begin, context.step->gather->channels[static_cast<size_t>(begin / area)], out + begin);
      begin = end;
    }
    if (context.row_end == size) std::fill(out + size, out + x.stride, 0.0F);
  }
}

// out: x (n / 16, c, h, w, 16). Sixteen rows of pixels are converted side by side in the workspace, then transposed.
void gather_lanes(const BoundOp& op, const Context& context) {
  const Operand& x = op.out[0];
  const int64_t area = x.shape.h * x.shape.w, size = x.shape.per_image();
  constexpr int64_t kRun = 256;  // pixels of 16 images at a time: 16 KB
  float* const rows = reinterpret_cast<float*>(context.workspace);
  const StepInput& input = *context.step->input;
  for (int64_t group = 0; group < context.images; group += 16) {
    float* const out = x.at(context) + group * size;
    const int64_t images = std::min<int64_t>(16, context.images - group);
    const int32_t* const indices = input.indices + context.image_begin + group;
    for (int64_t c = 0; c < x.shape.c; ++c) {
      const auto& channel = context.step->gather->channels[static_cast<size_t>(c)];
      for (int64_t begin = 0; begin < area; begin += kRun) {
        const int64_t count = std::min(kRun, area - begin), at = c * area + begin;
        for (int64_t n = 0; n < 16; ++n) {
          if (n < images) convert_pixels(input.samples->pixels + indices[n] * size + at, count, channel, rows + n * kRun);
          else std::fill_n(rows + n * kRun, count, 0.0F);
        }
        int64_t i = 0;
        for (; i + 4 <= count; i += 4) rows_to_lanes4(rows + i, kRun, out + (at + i) * 16);
        for (; i < count; ++i) {
          for (int64_t n = 0; n < 16; ++n) out[(at + i) * 16 + n] = rows[n * kRun + i];
        }
      }
    }
  }
}

void fill(Kernels& kernels) {
  kernels.fused_multiply_add = HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_NEON;
  kernels.gather_rows = &gather_rows;
  kernels.gather_columns = &gather_columns;
  kernels.gather_lanes = &gather_lanes;
}

}  // namespace
}  // namespace trainmark::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trainmark::backends::cpu {
HWY_EXPORT(fill);
void fill_gather(Kernels& kernels) { HWY_DYNAMIC_DISPATCH(fill)(kernels); }
}  // namespace trainmark::backends::cpu
#endif
