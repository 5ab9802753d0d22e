// Softmax and cross-entropy, averaged over the batch, with its gradient; and prediction, which is the same without.
//
//   loss = 1/n sum over images of (log sum_k exp(z_k - max z) + max z - z_label);  dz_k = (softmax(z)_k - [k = label]) / n
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

/// z (classes), dz (classes) or null.
template <class T>
ImageLoss<T> image_loss(const Order& order, const T* z, const T* z_magnitudes, int64_t label, T batch, T* dz, T* dz_magnitudes) {
  ImageLoss<T> result;
  for (int64_t k = 1; k < order.n; ++k) {
    if (z[k] > z[result.prediction]) result.prediction = static_cast<int32_t>(k);
  }
  const T largest = z[result.prediction];
  T sum = 0;
  for (int64_t t = 0; t < order.n; ++t) sum += std::exp(z[order[t]] - largest);
  result.loss = std::log(sum) + largest - z[label];
  result.correct = result.prediction == label;
  if (z_magnitudes != nullptr) result.magnitude = std::log(sum) + z_magnitudes[result.prediction] + z_magnitudes[label];
  if (dz == nullptr) return result;
  for (int64_t k = 0; k < order.n; ++k) {
    const T probability = std::exp(z[k] - largest) / sum, target = k == label ? T{1} : T{0};
    dz[k] = (probability - target) / batch;
    if (dz_magnitudes != nullptr) dz_magnitudes[k] = (probability + target) / batch;
  }
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

/// logits (n, classes); dlogits (n, classes) or empty; `images` is workspace for n.
template <class T>
void softmax_cross_entropy(const Context<T>& context, const StepInput& input, const Array<T>& logits, const Array<T>& dlogits,
                           std::vector<ImageLoss<T>>& images, StepResults& results) {
  const int64_t n = logits.shape.n, classes = logits.shape.per_image();
  const Order order = Order::make(classes, context.order_seed);
  for_each(context, n, [&](int64_t i) {
    const T* z = logits.values + i * classes;
    const T* z_magnitudes = logits.magnitudes == nullptr ? nullptr : logits.magnitudes + i * classes;
    T* dz = dlogits ? dlogits.values + i * classes : nullptr;
    T* dz_magnitudes = dlogits && dlogits.magnitudes != nullptr ? dlogits.magnitudes + i * classes : nullptr;
    ImageLoss<T>& image = images[static_cast<size_t>(i)];
    image = image_loss(order, z, z_magnitudes, input.samples->labels[input.indices[i]], static_cast<T>(n), dz, dz_magnitudes);
    if (results.predictions != nullptr) results.predictions[i] = image.prediction;
    if (results.margins != nullptr) margin(classes, z, z_magnitudes, image.prediction, results.margins[i], results.logit_magnitudes[i]);
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
