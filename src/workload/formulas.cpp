// Formulas are part of the file so that a worker's author never guesses a default. Wording is not hashed; a change of
// meaning raises the version of the format, which is.
#include "workload/formulas.hpp"

namespace trainmark::workload {
namespace {

using core::Json;

Json layer_formulas() {
  return {
      {"dense", "y[o] = b[o] + sum over i of W[o][i] x[i]; W (outputs, inputs); the input is flattened row-major (channels, height, width)"},
      {"conv2d",
       "cross-correlation: y[oc][p][q] = b[oc] + sum over ic, r, s of W[oc][ic][r][s] x[g + ic][p stride - padding + r dilation][...], g the first channel of "
       "oc's group; zeros outside the image; W (channels, input channels / groups, kernel height, kernel width)"},
      {"max_pool2d",
       "largest value of each window; the first maximum in row-major order wins and alone receives the gradient; padding counts as minus infinity"},
      {"average_pool2d", "mean over the whole window, padded zeros counted"},
      {"global_average_pool", "mean over the whole image, per channel"},
      {"relu", "y = max(0, x); derivative 0 at x = 0"},
      {"relu6", "y = min(max(0, x), 6); derivative 0 at x = 0 and at x = 6"},
      {"gelu", "y = 0.5 x (1 + erf(x / sqrt(2)))"},
      {"sigmoid", "y = 1 / (1 + exp(-x))"},
      {"tanh", "y = tanh(x)"},
      {"layer_norm",
       "y = weight (x - mean) / sqrt(variance + epsilon) + bias; mean and biased variance of all values of each image; weight and bias have one value per "
       "value "
       "of an image: (channels) where height and width are 1, else (channels, height, width)"},
      {"flatten", "(channels, height, width) becomes one vector, row-major"},
      {"add", "sum of all inputs"},
      {"concat", "inputs side by side in the channel dimension, in their order"},
      {"batch_norm",
       "y = weight (x - mean) / sqrt(variance + epsilon) + bias per channel; training: mean and biased variance of the batch over images and places; "
       "evaluation: "
       "running_mean and running_var; after each training step running <- (1 - momentum) running + momentum batch value, with the unbiased variance"},
      {"dropout",
       "training: every value is kept with probability 1 - rate and then divided by 1 - rate, else 0; evaluation: unchanged; which values are kept is defined "
       "by (seed, step, layer, element) in docs/protocol.md, 'Dropout masks'"},
  };
}

Json neighbour_formulas() {
  return {
      {"distance", "sum over all values of an image of (a - b)^2, a and b the stored 8-bit pixels: exact integers; the table holds the pixels themselves"},
      {"neighbours",
       "the k of all images of samples.train with the smallest distance to the query; of images with equal distances those with the lowest index in "
       "samples.train"},
      {"prediction", "the class of most of the k neighbours; of classes with equally many the lowest"},
      {"order", "step s predicts the queries [i batch_size, (i + 1) batch_size) of samples.evaluation, i = s mod steps_per_epoch, cut at the end of the split"},
  };
}

}  // namespace

Json formulas(bool neighbours) {
  if (neighbours) return neighbour_formulas();
  return {
      {"normalisation", "x = (pixel / divide_by - mean[c]) / deviation[c], computed in double and rounded once to float32: the table file holds the results"},
      {"initialisers",
       {{"zeros", "0"},
        {"ones", "1"},
        {"he_normal", "normal, mean 0, standard deviation sqrt(2 / fan_in)"},
        {"scaled_normal", "normal, mean 0, standard deviation scale"},
        {"pytorch_uniform", "uniform in [-1 / sqrt(fan_in), 1 / sqrt(fan_in)]"},
        {"note", "the values themselves are in the initial state file; no worker draws its own"}}},
      {"layers", layer_formulas()},
      {"loss",
       "mean over the images of the batch; gradients are those of this mean, also in a smaller last batch; evaluation has the same loss. "
       "softmax_cross_entropy: "
       "(1 - s) (-log p[label]) + s / classes sum over k of (-log p[k]), p = softmax(logits) computed after subtracting the largest logit, s label_smoothing. "
       "mean_squared_error: mean over the classes of (logits[k] - [k = label])^2"},
      {"passes",
       "the batch is cut into this many equal parts in its order; each goes through the network by itself (batch-norm uses and moves statistics part by part), "
       "gradients are summed, one update follows"},
      {"clip_norm",
       "where not 0: n = sqrt(sum of squares of all gradients of all learned tensors); every gradient is multiplied by min(1, clip_norm / (n + 1e-6)) before "
       "the optimiser sees it"},
      {"schedule",
       "learning rate of step s (from 0): for s < warm_up learning_rate (warm_up_start + (1 - warm_up_start) s / warm_up); else with u = s - warm_up: "
       "constant: "
       "learning_rate; step: learning_rate gamma^floor(u / period); cosine: minimum + (learning_rate - minimum) (1 + cos(pi u / period)) / 2"},
      {"adam",
       "g = gradient + weight_decay w; m <- beta1 m + (1 - beta1) g; v <- beta2 v + (1 - beta2) g^2 (both start at 0, state exp_avg and exp_avg_sq); w <- w - "
       "r / (1 - beta1^t) m / (sqrt(v / (1 - beta2^t)) + epsilon), r the learning rate of the step, t = step + 1"},
      {"adamw", "w <- w - r weight_decay w, then adam without weight decay"},
      {"rmsprop",
       "g = gradient + weight_decay w; v <- alpha v + (1 - alpha) g^2 (starts at 0, state square_avg); d = g / (sqrt(v) + epsilon); without momentum: w <- w - "
       "r "
       "d; with momentum: m <- momentum m + d (state momentum), then w <- w - r m"},
      {"sgd",
       "g = gradient + weight_decay w; without momentum: w <- w - learning_rate g; with momentum: m <- momentum m + g (m starts at 0), then w <- w - "
       "learning_rate m, or w <- w - learning_rate (g + momentum m) with nesterov; weight_decay applies to every learned tensor; running statistics are not "
       "learned"},
      {"order",
       "step s belongs to epoch e = s / steps_per_epoch (rounded down), position i = s mod steps_per_epoch; its batch is indices [i batch_size, (i + 1) "
       "batch_size) of the order of epoch e, cut at the end of that order"},
      {"prediction", "the class of the largest logit, the first of equals"},
  };
}

}  // namespace trainmark::workload
