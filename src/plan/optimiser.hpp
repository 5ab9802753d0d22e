// Optimisers: the rule by which a gradient becomes a new parameter.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace trainmark::plan {

/// Stochastic gradient descent in PyTorch's convention, learning rate r given per step:
///   g <- g + weight_decay w;  m <- momentum m + g  (m starts at 0);  w <- w - r m   (w <- w - r g without momentum);
///   with Nesterov  w <- w - r (g + momentum m).
/// Source: https://pytorch.org/docs/stable/generated/torch.optim.SGD.html with dampening 0.
struct Optimiser {
  enum class Kind : uint8_t { kSgd };
  Kind kind = Kind::kSgd;
  double learning_rate = 0.01;
  double momentum = 0;
  bool nesterov = false;
  double weight_decay = 0;  ///< coupled (added to the gradient), on every learned tensor

  bool operator==(const Optimiser&) const = default;
};

std::string_view optimiser_name(Optimiser::Kind kind);

/// Suffixes of the state tensors that each learned tensor needs: {"momentum"} or {}; the name is "PARAMETER.SUFFIX".
std::vector<std::string> state_suffixes(const Optimiser& optimiser);

}  // namespace trainmark::plan
