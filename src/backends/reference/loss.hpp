// Losses, averaged over the images of a step, with their gradients; and prediction, which is the same without.
//
// Softmax and cross-entropy, L = log sum_k exp(z_k), t_k = (1 - s) [k = label] + s / K with label smoothing s of K classes:
//   loss = 1/n sum over images of sum_k t_k (L - z_k);   dz_k = (softmax(z)_k - t_k) / n
// Mean squared error:
//   loss = 1/(n K) sum over images of sum_k (z_k - [k = label])^2;   dz_k = 2 (z_k - [k = label]) / (n K)
// An image counts as correct when its largest logit, the first of equals, is the label's.
#pragma once

#include <cmath>
#include <vector>

#include "backends/reference/context.hpp"

namespace trainmark::backends::reference {

/// Per image: what the loss and the counts are made of.
template <class T>
struct ImageLoss {
  T loss = 0, magnitude = 0;
  int32_t prediction = 0;
  bool correct = false;
};

/// One image's logits and what becomes of them; null where not wanted.
template <class T>
struct LossRow {
  const T *z = nullptr, *z_magnitudes = nullptr;  ///< (classes)
  T *dz = nullptr, *dz_magnitudes = nullptr;      ///< (classes)
  int64_t label = 0;
};

template <class T>
void cross_entropy_row(const Order& order, double smoothing, T batch, const LossRow<T>& row, ImageLoss<T>& result) {
  const T largest = row.z[result.prediction], spread = static_cast<T>(smoothing / static_cast<double>(order.n)), own = static_cast<T>(1 - smoothing);
  T sum = 0;
  for (int64_t t = 0; t < order.n; ++t) sum += std::exp(row.z[order[t]] - largest);
  result.loss = std::log(sum) + largest - row.z[row.label];
  if (row.z_magnitudes != nullptr) result.magnitude = std::log(sum) + row.z_magnitudes[result.prediction] + row.z_magnitudes[row.label];
  if (smoothing > 0) {
    T all = 0;
    for (int64_t t = 0; t < order.n; ++t) all += std::log(sum) + largest - row.z[order[t]];
    result.loss = own * result.loss + spread * all;
    for (int64_t k = 0; row.z_magnitudes != nullptr && k < order.n; ++k) result.magnitude += spread * row.z_magnitudes[k];
  }
  for (int64_t k = 0; row.dz != nullptr && k < order.n; ++k) {
    const T probability = std::exp(row.z[k] - largest) / sum, target = (k == row.label ? own : T{0}) + spread;
    row.dz[k] = (probability - target) / batch;
    if (row.dz_magnitudes != nullptr) row.dz_magnitudes[k] = (probability + target) / batch;
  }
}

template <class T>
void squared_error_row(const Order& order, T batch, const LossRow<T>& row, ImageLoss<T>& result) {
  const T classes = static_cast<T>(order.n);
  for (int64_t t = 0; t < order.n; ++t) {
    const int64_t k = order[t];
    const T target = k == row.label ? T{1} : T{0}, difference = row.z[k] - target;
    result.loss += difference * difference / classes;
    const T magnitude = row.z_magnitudes == nullptr ? T{0} : row.z_magnitudes[k] + target;
    result.magnitude += (difference * difference + 2 * std::abs(difference) * magnitude) / classes;
    if (row.dz == nullptr) continue;
    row.dz[k] = 2 * difference / (batch * classes);
    if (row.dz_magnitudes != nullptr) row.dz_magnitudes[k] = 2 * magnitude / (batch * classes);
  }
}

template <class T>
ImageLoss<T> image_loss(const Order& order, const plan::Loss& loss, T batch, const LossRow<T>& row) {
  ImageLoss<T> result;
  for (int64_t k = 1; k < order.n; ++k) {
    if (row.z[k] > row.z[result.prediction]) result.prediction = static_cast<int32_t>(k);
  }
  result.correct = result.prediction == row.label;
  if (loss.kind == plan::Loss::Kind::kMeanSquaredError) squared_error_row(order, batch, row, result);
  else cross_entropy_row(order, loss.label_smoothing, batch, row, result);
  return result;
}

/// Largest minus second largest logit, and the larger of their magnitudes.
template <class T>
void margin(int64_t classes, const T* z, const T* z_magnitudes, int32_t prediction, double& difference, double& magnitude) {
  int64_t second = prediction == 0 ? classes - 1 : 0;
  for (int64_t k = 0; k < classes; ++k) {
    if (k != prediction && z[k] > z[second]) second = k;
  }
  difference = classes < 2 ? HUGE_VAL : static_cast<double>(z[prediction] - z[second]);
  magnitude = z_magnitudes == nullptr ? 0 : static_cast<double>(std::max(z_magnitudes[prediction], z_magnitudes[second]));
}

/// logits (n, classes); dlogits (n, classes) or empty; `batch` is the number of images of the step; `images` is workspace
/// for n. The results are those of these n images.
template <class T>
void batch_loss(const Context<T>& context, const plan::Loss& loss_of, int64_t batch, const StepInput& input, const Array<T>& logits, const Array<T>& dlogits,
                std::vector<ImageLoss<T>>& images, StepResults& results) {
  const int64_t n = logits.shape.n, classes = logits.shape.per_image();
  const Order order = Order::make(classes, context.order_seed);
  for_each(context, n, [&](int64_t i) {
    LossRow<T> row;
    row.z = logits.values + i * classes;
    if (logits.magnitudes != nullptr) row.z_magnitudes = logits.magnitudes + i * classes;
    if (dlogits) row.dz = dlogits.values + i * classes;
    if (dlogits && dlogits.magnitudes != nullptr) row.dz_magnitudes = dlogits.magnitudes + i * classes;
    row.label = input.samples->labels[input.indices[i]];
    ImageLoss<T>& image = images[static_cast<size_t>(i)];
    image = image_loss(order, loss_of, static_cast<T>(batch), row);
    const int64_t at = input.first_image + i;
    if (results.predictions != nullptr) results.predictions[at] = image.prediction;
    if (results.margins != nullptr) margin(classes, row.z, row.z_magnitudes, image.prediction, results.margins[at], results.logit_magnitudes[at]);
  });
  const Order over_images = Order::make(n, context.order_seed);
  T loss = 0, magnitude = 0;
  results.correct = 0;
  for (int64_t t = 0; t < n; ++t) {
    const ImageLoss<T>& image = images[static_cast<size_t>(over_images[t])];
    loss += image.loss;
    magnitude += image.magnitude;
    results.correct += image.correct ? 1 : 0;
  }
  results.loss = static_cast<double>(loss / static_cast<T>(n));
  results.loss_magnitude = static_cast<double>(magnitude / static_cast<T>(n));
}

}  // namespace trainmark::backends::reference
