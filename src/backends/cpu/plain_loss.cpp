// Losses that the vector kernel does not know: label smoothing and the mean squared error. Formulas: backends/reference/loss.hpp.
#include <algorithm>
#include <cmath>

#include "backends/cpu/plain.hpp"

namespace trainmark::backends::cpu::plain {
namespace {

// z, dz (classes); dz may be null. Returns the image's loss.
double smoothed_cross_entropy(const float* z, int64_t classes, int64_t label, float largest, double smoothing, int64_t batch, float* dz) {
  double sum = 0, all = 0;
  for (int64_t k = 0; k < classes; ++k) sum += std::exp(static_cast<double>(z[k] - largest));
  for (int64_t k = 0; k < classes; ++k) all += static_cast<double>(z[k] - largest);
  const double log_sum = std::log(sum), spread = smoothing / static_cast<double>(classes);
  for (int64_t k = 0; dz != nullptr && k < classes; ++k) {
    const double target = (k == label ? 1 - smoothing : 0) + spread;
    dz[k] = static_cast<float>((std::exp(static_cast<double>(z[k] - largest)) / sum - target) / static_cast<double>(batch));
  }
  return (1 - smoothing) * (log_sum - static_cast<double>(z[label] - largest)) + spread * (static_cast<double>(classes) * log_sum - all);
}

double squared_error(const float* z, int64_t classes, int64_t label, int64_t batch, float* dz) {
  const double scale = 2 / static_cast<double>(batch * classes);
  double loss = 0;
  for (int64_t k = 0; k < classes; ++k) {
    const double difference = static_cast<double>(z[k]) - (k == label ? 1 : 0);
    loss += difference * difference;
    if (dz != nullptr) dz[k] = static_cast<float>(difference * scale);
  }
  return loss / static_cast<double>(classes);
}

}  // namespace

// in: logits (n, classes); out: dlogits (n, classes), or none in evaluation. Padded rows.
void loss(const BoundOp& op, const Context& context) {
  const plan::Loss& by = std::get<plan::LossAttributes>(op.op.attributes).loss;
  const Step& step = *context.step;
  const Operand& logits = op.in[0];
  for (int64_t n = 0; n < context.images; ++n) {
    const int64_t at = context.image_begin + n, label = step.input->samples->labels[step.input->indices[at]];
    const float* const z = logits.at(context) + n * logits.stride;
    float* const dz = op.out.empty() ? nullptr : op.out[0].at(context) + n * op.out[0].stride;
    const int64_t winner = std::max_element(z, z + op.classes) - z;
    step.losses[at] = by.kind == plan::Loss::Kind::kMeanSquaredError
                          ? squared_error(z, op.classes, label, op.step_images, dz)
                          : smoothed_cross_entropy(z, op.classes, label, z[winner], by.label_smoothing, op.step_images, dz);
    step.correct[at] = winner == label ? 1 : 0;
    if (step.predictions != nullptr) step.predictions[at] = static_cast<int32_t>(winner);
    if (dz != nullptr) std::fill(dz + op.classes, dz + op.out[0].stride, 0.0F);
  }
}

}  // namespace trainmark::backends::cpu::plain
