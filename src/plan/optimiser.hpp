// Optimisers: the rule by which a gradient becomes a new parameter. Formulas with their sources: docs/recipes.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace trainmark::plan {

/// In PyTorch's conventions. r is the learning rate of the step, t its number from 1 on, all state starts at 0.
///   sgd      g <- g + decay w;  m <- momentum m + g;  w <- w - r m  (w <- w - r g without momentum);
///            with Nesterov  w <- w - r (g + momentum m)
///   adam     g <- g + decay w;  m <- beta1 m + (1 - beta1) g;  v <- beta2 v + (1 - beta2) g^2;
///            w <- w - r / (1 - beta1^t) m / (sqrt(v / (1 - beta2^t)) + epsilon)
///   adamw    w <- w - r decay w;  then adam without decay
///   rmsprop  g <- g + decay w;  v <- alpha v + (1 - alpha) g^2;  d = g / (sqrt(v) + epsilon);
///            w <- w - r d, or with momentum  m <- momentum m + d;  w <- w - r m
/// Sources: https://pytorch.org/docs/stable/optim.html, SGD with dampening 0, Adam and AdamW without amsgrad, RMSprop not
/// centred; Kingma, Ba, ICLR 2015; Loshchilov, Hutter, ICLR 2019.
struct Optimiser {
  enum class Kind : uint8_t { kSgd, kAdam, kAdamW, kRmsprop };
  Kind kind = Kind::kSgd;
  double learning_rate = 0.01;  ///< of a constant schedule, else what the schedule scales
  double momentum = 0;          ///< sgd, rmsprop
  bool nesterov = false;        ///< sgd
  double weight_decay = 0;      ///< on every learned tensor; added to the gradient, but in adamw apart from it
  double beta1 = 0.9;           ///< adam, adamw
  double beta2 = 0.999;         ///< adam, adamw
  double alpha = 0.99;          ///< rmsprop
  double epsilon = 1e-8;        ///< adam, adamw, rmsprop: added to the root, outside of it

  bool operator==(const Optimiser&) const = default;
};

std::string_view optimiser_name(Optimiser::Kind kind);

/// Suffixes of the state tensors that each learned tensor needs, in the order in which an update takes them; the name is
/// "PARAMETER.SUFFIX". sgd: momentum, where there is any; adam and adamw: exp_avg, exp_avg_sq; rmsprop: square_avg and
/// momentum, where there is any. PyTorch's names, but for momentum_buffer.
std::vector<std::string> state_suffixes(const Optimiser& optimiser);

/// Whether `name` is that of a state tensor by its suffix.
bool is_optimiser_state(std::string_view name);

}  // namespace trainmark::plan
