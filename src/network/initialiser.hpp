// How a parameter gets its first values: a distribution with its constants, drawn from Philox by (seed, parameter name).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace trainmark::network {

struct Initialiser {
  enum class Kind {
    kZeros,
    kOnes,
    kHeNormal,        ///< normal, deviation sqrt(2 / fan_in): He et al., "Delving deep into rectifiers", ICCV 2015
    kScaledNormal,    ///< normal, deviation `scale`
    kPytorchUniform,  ///< uniform in +-1 / sqrt(fan_in): the default of PyTorch's Linear and Conv2d, weights and biases
  };
  Kind kind = Kind::kZeros;
  double scale = 0;  ///< kScaledNormal only

  bool operator==(const Initialiser&) const = default;
  static Initialiser zeros() { return {Kind::kZeros, 0}; }
  static Initialiser ones() { return {Kind::kOnes, 0}; }
  static Initialiser he_normal() { return {Kind::kHeNormal, 0}; }
  static Initialiser scaled_normal(double scale) { return {Kind::kScaledNormal, scale}; }
  static Initialiser pytorch_uniform() { return {Kind::kPytorchUniform, 0}; }
};

/// "zeros", "he_normal" ...
std::string_view initialiser_name(Initialiser::Kind kind);

/// Fills `values`. The same (seed, name) gives the same values however many other parameters there are.
void initialise(const Initialiser& initialiser, int64_t fan_in, uint64_t seed, std::string_view name, std::span<float> values);

}  // namespace trainmark::network
