// Concatenation along channels and dropout, with their gradients.
#include <algorithm>

#include "backends/cpu/plain.hpp"
#include "core/philox.hpp"

namespace trainmark::backends::cpu::plain {

// in: two or more; out: their channels side by side.
void concat(const BoundOp& op, const Context& context) {
  const Operand& y = op.out[0];
  float* const out = y.at(context);
  const int64_t images = stored_images(y, context);
  int64_t offset = 0;
  for (const Operand& x : op.in) {
    const float* const in = x.at(context);
    for (int64_t n = 0; n < images; ++n) {
      for (int64_t e = 0; e < x.shape.per_image(); ++e) out[y.index(n, offset + e)] = in[x.index(n, e)];
    }
    offset += x.shape.per_image();
  }
  if (y.lanes()) return;
  for (int64_t n = 0; n < images; ++n) std::fill(out + n * y.stride + offset, out + (n + 1) * y.stride, 0.0F);
}

// in: dy; out: dx, channels [channel_offset, + c of dx) of dy.
void concat_grad(const BoundOp& op, const Context& context) {
  const Operand& dy = op.in[0];
  const Operand& dx = op.out[0];
  const float* const in = dy.at(context);
  float* const out = dx.at(context);
  const int64_t offset = std::get<plan::ConcatGradAttributes>(op.op.attributes).channel_offset * dx.shape.h * dx.shape.w, size = dx.shape.per_image();
  for (int64_t n = 0; n < stored_images(dx, context); ++n) {
    for (int64_t e = 0; e < size; ++e) out[dx.index(n, e)] = in[dy.index(n, offset + e)];
    if (!dx.lanes()) std::fill(out + n * dx.stride + size, out + (n + 1) * dx.stride, 0.0F);
  }
}

// Element i of the batch, row-major, is dropped when value i of the Philox stream of (seed, step, layer) is below
// rate 2^32: backends/reference/dropout.hpp. in: x; out: y, mask.
void dropout(const BoundOp& op, const Context& context) {
  const auto& attributes = std::get<plan::DropoutAttributes>(op.op.attributes);
  const StepInput& input = *context.step->input;
  const uint64_t stream = uint64_t{0xD0} << 56 | (static_cast<uint64_t>(attributes.layer) & 0xFFFF) << 40 | (static_cast<uint64_t>(input.step) & 0xFFFFFFFFFF);
  const auto threshold = static_cast<uint64_t>(attributes.rate * 0x1p32);
  const float scale = static_cast<float>(1 / (1 - attributes.rate));
  const Operand& x = op.in[0];
  const Operand& y = op.out[0];
  const float* const in = x.at(context);
  float* const out = y.at(context);
  uint8_t* const mask = op.out[1].at<uint8_t>(context);
  const int64_t size = x.shape.per_image();
  std::array<uint32_t, 4> values{};
  for (int64_t n = 0; n < stored_images(y, context); ++n) {
    for (int64_t e = 0; e < size; ++e) {
      const int64_t i = (input.first_image + context.image_begin + n) * size + e;
      if (e == 0 || i % 4 == 0) {
        const auto block = static_cast<uint64_t>(i) / 4;
        values = core::philox4x32(
            {static_cast<uint32_t>(block), static_cast<uint32_t>(block >> 32), static_cast<uint32_t>(stream), static_cast<uint32_t>(stream >> 32)},
            {static_cast<uint32_t>(input.seed), static_cast<uint32_t>(input.seed >> 32)});
      }
      const bool kept = values[static_cast<size_t>(i % 4)] >= threshold;
      mask[op.out[1].index(n, e)] = kept ? 1 : 0;
      out[y.index(n, e)] = kept ? in[x.index(n, e)] * scale : 0;
    }
    if (!y.lanes()) std::fill(out + n * y.stride + size, out + (n + 1) * y.stride, 0.0F);
  }
}

// in: dy, mask; out: dx.
void dropout_grad(const BoundOp& op, const Context& context) {
  const float scale = static_cast<float>(1 / (1 - std::get<plan::DropoutAttributes>(op.op.attributes).rate));
  const Operand& dy = op.in[0];
  const Operand& dx = op.out[0];
  const float* const in = dy.at(context);
  float* const out = dx.at(context);
  const uint8_t* const mask = op.in[1].at<uint8_t>(context);
  const int64_t size = dx.shape.per_image();
  for (int64_t n = 0; n < stored_images(dx, context); ++n) {
    for (int64_t e = 0; e < size; ++e) out[dx.index(n, e)] = mask[op.in[1].index(n, e)] != 0 ? in[dy.index(n, e)] * scale : 0;
    if (!dx.lanes()) std::fill(out + n * dx.stride + size, out + (n + 1) * dx.stride, 0.0F);
  }
}

}  // namespace trainmark::backends::cpu::plain
