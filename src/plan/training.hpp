// What a training step computes beside the network: loss, clipping, passes and the optimiser. The learning rate is given
// per step (workload/schedule.hpp); everything else is fixed when a plan is made.
#pragma once

#include <cstdint>
#include <string_view>

#include "plan/optimiser.hpp"

namespace trainmark::plan {

/// Averaged over the images of the step, in training and in evaluation. n images, K classes, z logits, l the label.
///   softmax cross-entropy  1/n sum over images of (1 - s) (-log p_l) + s/K sum_k (-log p_k), p = softmax(z), s label_smoothing
///   mean squared error     1/(n K) sum over images and classes of (z_k - [k = l])^2
/// Sources: torch.nn.CrossEntropyLoss; Szegedy et al., "Rethinking the Inception architecture", CVPR 2016; torch.nn.MSELoss.
struct Loss {
  enum class Kind : uint8_t { kSoftmaxCrossEntropy, kMeanSquaredError };
  Kind kind = Kind::kSoftmaxCrossEntropy;
  double label_smoothing = 0;  ///< in [0, 1); cross-entropy only

  bool operator==(const Loss&) const = default;
};

/// "softmax_cross_entropy", "mean_squared_error"
std::string_view loss_name(Loss::Kind kind);

struct Training {
  Optimiser optimiser;
  Loss loss;
  /// Largest Euclidean norm of all gradients together, 0: not clipped. g <- g min(1, clip_norm / (norm + 1e-6)), which is
  /// torch.nn.utils.clip_grad_norm_.
  double clip_norm = 0;
  /// Equal parts of the batch that go through the network one after the other; the gradients are those of the whole
  /// batch's mean, batch-norm sees one part at a time. PyTorch: loss / passes, backward, one optimiser step at the end.
  int64_t passes = 1;

  Training() = default;
  Training(const Optimiser& by) : optimiser(by) {}  // not explicit: an optimiser alone is a training with every default
};

/// What clip_norm is divided by holds this beside the norm, so that it is never 0.
inline constexpr double kClipEpsilon = 1e-6;

}  // namespace trainmark::plan
