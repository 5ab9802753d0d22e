// Softmax, cross-entropy and its gradient in one pass; prediction is the same without the gradient.
//
// Sixteen images are transposed into lanes, so that maxima, sums, exponentials and logarithms of a class are vertical.
// The loss of each image goes into an array in double precision and is added up in order at the end of the step: the
// sum does not depend on tasks or threads. Lanes without an image are computed from zeros and never stored.
#include "backends/cpu/targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/softmax.cpp"
#include <hwy/foreach_target.h>

#include "backends/cpu/kernels.hpp"
#include "backends/cpu/simd.hpp"

// In a block of its own: formatting must not move it before foreach_target.h.
#include <hwy/contrib/math/math-inl.h>

HWY_BEFORE_NAMESPACE();
namespace trainmark::backends::cpu::HWY_NAMESPACE {
namespace {

// Up to 16 images. z: (classes, 16) lanes, becomes the gradient; labels of the images, lanes beyond them anything.
void softmax_lanes(float* z, int64_t classes, float scale, const float* labels, double* losses, uint8_t* correct, int32_t* predictions, int64_t images) {
  const D d;
  HWY_ALIGN float loss[16], best_class[16];
  for (int part = 0; part < 16; part += kL) {
    V best = hn::Load(d, z + part), winner = hn::Zero(d), own = hn::Zero(d), sum = hn::Zero(d);
    const V label = hn::Load(d, labels + part);
    for (int64_t c = 1; c < classes; ++c) {
      const V v = hn::Load(d, z + c * 16 + part);
      const auto above = hn::Gt(v, best);
      best = hn::IfThenElse(above, v, best);
      winner = hn::IfThenElse(above, hn::Set(d, static_cast<float>(c)), winner);
    }
    for (int64_t c = 0; c < classes; ++c) {
      const V v = hn::Sub(hn::Load(d, z + c * 16 + part), best);
      own = hn::IfThenElse(hn::Eq(label, hn::Set(d, static_cast<float>(c))), v, own);
      const V e = hn::Exp(d, v);
      sum = hn::Add(sum, e);
      hn::Store(e, d, z + c * 16 + part);
    }
    const V inverse = hn::Div(hn::Set(d, 1.0F), sum), s = hn::Set(d, scale);
    for (int64_t c = 0; c < classes; ++c) {
      const V p = hn::Mul(hn::Load(d, z + c * 16 + part), inverse);
      const V target = hn::IfThenElseZero(hn::Eq(label, hn::Set(d, static_cast<float>(c))), hn::Set(d, 1.0F));
      hn::Store(hn::Mul(hn::Sub(p, target), s), d, z + c * 16 + part);
    }
    hn::Store(hn::Sub(hn::Log(d, sum), own), d, loss + part);
    hn::Store(winner, d, best_class + part);
  }
  for (int64_t n = 0; n < images; ++n) {
    losses[n] = static_cast<double>(loss[n]);
    correct[n] = best_class[n] == labels[n] ? 1 : 0;
    if (predictions != nullptr) predictions[n] = static_cast<int32_t>(best_class[n]);
  }
}

// in: logits (n, classes); out: dlogits (n, classes), or none in evaluation. Padded rows.
void softmax(const BoundOp& op, const Context& context) {
  const Operand& logits = op.in[0];
  const int64_t classes = op.classes, padded = logits.stride;
  const Step& step = *context.step;
  const float scale = 1.0F / static_cast<float>(op.step_images);
  float* const lanes = reinterpret_cast<float*>(context.workspace);  // (classes, 16)
  for (int64_t group = 0; group < context.images; group += 16) {
    const int64_t images = std::min<int64_t>(16, context.images - group), first = context.image_begin + group;
    const float* const z = logits.at(context) + group * padded;
    HWY_ALIGN float labels[16] = {};
    for (int64_t n = 0; n < images; ++n) labels[n] = static_cast<float>(step.input->samples->labels[step.input->indices[first + n]]);
    if (images == 16) {
      for (int64_t c = 0; c < padded; c += 4) rows_to_lanes4(z + c, padded, lanes + c * 16);
    } else {
      for (int64_t c = 0; c < padded; ++c) {
        for (int64_t n = 0; n < 16; ++n) lanes[c * 16 + n] = n < images ? z[n * padded + c] : 0;
      }
    }
    softmax_lanes(lanes, classes, scale, labels, step.losses + first, step.correct + first, step.predictions == nullptr ? nullptr : step.predictions + first,
                  images);
    if (op.out.empty()) continue;
    std::fill(lanes + classes * 16, lanes + padded * 16, 0.0F);
    float* const dz = op.out[0].at(context) + group * padded;
    if (images == 16) {
      for (int64_t c = 0; c < padded; c += 4) lanes_to_rows4(lanes + c * 16, dz + c, padded);
    } else {
      for (int64_t c = 0; c < padded; ++c) {
        for (int64_t n = 0; n < images; ++n) dz[n * padded + c] = lanes[c * 16 + n];
      }
    }
  }
}

void fill(Kernels& kernels) { kernels.softmax = &softmax; }

}  // namespace
}  // namespace trainmark::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trainmark::backends::cpu {
HWY_EXPORT(fill);
void fill_softmax(Kernels& kernels) { HWY_DYNAMIC_DISPATCH(fill)(kernels); }
}  // namespace trainmark::backends::cpu
#endif
