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
      {"flatten", "(channels, height, width) becomes one vector, row-major"},
      {"add", "sum of all inputs"},
      {"concat", "inputs side by side in the channel dimension, in their order"},
      {"batch_norm",
       "y = weight (x - mean) / sqrt(variance + epsilon) + bias per channel; training: mean and biased variance of the batch over images and places; "
       "evaluation: "
       "running_mean and running_var; after each training step running <- (1 - momentum) running + momentum batch value, with the unbiased variance"},
      {"dropout", "training: every value is kept with probability 1 - rate and then divided by 1 - rate, else 0; evaluation: unchanged"},
  };
}

}  // namespace

Json formulas() {
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
       "mean over the images of the batch of -log(softmax(logits)[label]), softmax computed after subtracting the largest logit; gradients are those of this "
       "mean, also in a smaller last batch"},
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
