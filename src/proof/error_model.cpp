#include "proof/error_model.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace trainmark::proof {
namespace {

constexpr int64_t kVariants = 16;
// Tolerance = this times the worst of the variants. Engines that sum in other ways (long float32 chains, fast exponentials)
// need room; the weakest cheat of the tests is still a hundred times beyond.
constexpr double kSafety = 8;
constexpr double kLossSafety = 16;
// Errors that the variants do not have: exponentials and divisions that are a few units off. In roundoffs of the value.
constexpr double kFunctionError = 4;
// Work of all variants of one step, in floating-point operations: about half a second on one core.
constexpr double kCalibrationFlops = 2e9;
constexpr int64_t kFewestImages = 16;
// A decision is near a tie when an error of this many float32 epsilons (2^-23) of its magnitude could turn it. Sums err
// by a fraction of one; values that come from upstream add a little.
constexpr double kTieThreshold = 4;

// The sum of n terms of one sign that are added one after the other errs by sqrt(n) times the roundoff of the whole, so what a part of
// the batch shows is too little by this factor: NumPy's sum over 59,000 images came out at 1.2 times the tolerance without it.
double longer_chains(int64_t images, int64_t of_images) { return std::sqrt(static_cast<double>(of_images) / static_cast<double>(images)); }

// What the variants of one step showed, in units of roundoff times magnitude.
struct TensorNoise {
  double mean = 0, peak = 0;
};
struct Noise {
  double loss = 0;  // absolute
  std::map<std::string, TensorNoise> gradients;
};

// Half the element's own magnitude and half the tensor's mean: an element whose own terms are small still gets the
// errors of what is upstream.
std::vector<double> scales(const std::vector<double>& magnitudes) {
  double sum = 0;
  for (const double m : magnitudes) sum += m;
  const double mean = magnitudes.empty() ? 0 : sum / static_cast<double>(magnitudes.size());
  std::vector<double> result(magnitudes.size());
  for (size_t i = 0; i < result.size(); ++i) result[i] = 0.5 * (magnitudes[i] + mean);
  return result;
}

TensorNoise tensor_noise(const std::vector<double>& exact, const std::vector<double>& scale, const std::vector<double>& variant) {
  double error = 0, scale_sum = 0, peak = 0;
  for (size_t i = 0; i < exact.size(); ++i) {
    const double e = std::abs(variant[i] - exact[i]);
    error += e;
    scale_sum += scale[i];
    if (scale[i] > 0) peak = std::max(peak, e / scale[i]);
  }
  return {scale_sum > 0 ? error / scale_sum * 0x1p24 : 0, peak * 0x1p24};
}

void scale(Noise& noise, double factor) {
  noise.loss *= factor;
  for (auto& [name, tensor] : noise.gradients) tensor = {tensor.mean * factor, tensor.peak * factor};
}

Noise worst(const std::vector<Noise>& all) {
  Noise result;
  for (const Noise& noise : all) {
    result.loss = std::max(result.loss, noise.loss);
    for (const auto& [name, tensor] : noise.gradients) {
      TensorNoise& into = result.gradients[name];
      into.mean = std::max(into.mean, tensor.mean);
      into.peak = std::max(into.peak, tensor.peak);
    }
  }
  return result;
}

// Variants that decided as the exact step did show rounding alone; what other decisions do is accounted for apart. With
// too few of the former, all count.
core::Result<Noise> measure_noise(Oracle& oracle, const core::TensorMap& state, const StepBatch& batch, const CheckedStep& exact) {
  std::map<std::string, std::vector<double>> values, scale;
  for (const auto& [name, gradient] : exact.gradients) {
    values[name] = gradient.as_double();
    scale[name] = scales(exact.magnitudes.at(name).as_double());
  }
  std::vector<Noise> all, alike;
  for (uint64_t v = 1; v <= kVariants; ++v) {
    const auto variant = train_step(oracle, state, batch, variant_options(v));
    if (!variant) return variant.error();
    Noise noise;
    noise.loss = std::abs(variant->loss - exact.loss);
    for (const auto& [name, gradient] : variant->gradients) noise.gradients[name] = tensor_noise(values[name], scale[name], gradient.as_double());
    if (variant->decisions_hash == exact.decisions_hash) alike.push_back(noise);
    all.push_back(std::move(noise));
  }
  return worst(alike.size() >= kVariants / 4 ? alike : all);
}

// The exact step with every near tie decided the other way, when there are any.
core::Result<std::optional<CheckedStep>> turned_step(Oracle& oracle, const core::TensorMap& state, const StepBatch& batch, const CheckedStep& exact) {
  if (exact.near_ties == 0) return std::optional<CheckedStep>();
  CheckedStepOptions options = exact_options();
  options.turn_near_ties = true;
  auto turned = train_step(oracle, state, batch, options);
  if (!turned) return turned.error();
  return std::optional<CheckedStep>(std::move(*turned));
}

GradientModel gradient_model(const std::vector<double>& value, const std::vector<double>& magnitude, const TensorNoise& noise, double roundoff,
                             const std::vector<double>& turned) {
  const std::vector<double> scale = scales(magnitude);
  GradientModel model;
  model.mean.resize(value.size());
  model.peak.resize(value.size());
  for (size_t i = 0; i < value.size(); ++i) {
    // Turning all ties together may cancel where turning some does not: hence twice.
    const double flips = turned.empty() ? 0 : 2 * std::abs(turned[i] - value[i]);
    const double functions = kFunctionError * std::abs(value[i]);
    model.mean[i] = roundoff * (kSafety * noise.mean * scale[i] + functions) + flips;
    model.peak[i] = roundoff * (kSafety * noise.peak * scale[i] + 2 * functions) + flips;
  }
  return model;
}

}  // namespace

double Precision::store(double value) const { return single ? static_cast<double>(static_cast<float>(value)) : value; }

double Precision::spacing(double value) const {
  if (!single) return std::nextafter(std::abs(value), std::numeric_limits<double>::infinity()) - std::abs(value);
  const float magnitude = std::abs(static_cast<float>(value));
  return static_cast<double>(std::nextafter(magnitude, std::numeric_limits<float>::infinity())) - static_cast<double>(magnitude);
}

core::Result<Precision> precision_of(std::string_view dtype) {
  if (dtype == "float32") return Precision{0x1p-24, true};
  if (dtype == "float64") return Precision{0x1p-53, false};
  return core::usage_error("The proof has no error model for the data type '" + std::string(dtype) + "'; it knows float32 and float64.");
}

CheckedStepOptions exact_options() {
  CheckedStepOptions options;
  options.tie_threshold = kTieThreshold;
  return options;
}

CheckedStepOptions variant_options(uint64_t variant) {
  CheckedStepOptions options;
  options.precision = backends::reference::Precision::kFloat;
  options.magnitudes = false;
  options.variant.order_seed = 2 * variant;
  options.variant.disturb_seed = 2 * variant + 1;
  return options;
}

core::Result<StepModel> calibrate(Oracle& oracle, const core::TensorMap& state, const StepBatch& batch, const CheckedStep& exact, const Precision& precision) {
  const auto count = static_cast<int64_t>(batch.indices.size());
  const double per_image = static_cast<double>(training_flops(oracle, count)) / static_cast<double>(count);
  const auto affordable = static_cast<int64_t>(kCalibrationFlops / (per_image * kVariants));
  const int64_t images = std::min(count, plan::round_up(std::max(kFewestImages, affordable), oracle.materials.workload.recipe.passes));
  core::Result<Noise> noise = Noise{};
  if (images == count) {
    noise = measure_noise(oracle, state, batch, exact);
  } else {
    const StepBatch fewer{batch.indices.first(static_cast<size_t>(images)), batch.step};
    const auto part = train_step(oracle, state, fewer, exact_options());
    if (!part) return part.error();
    noise = measure_noise(oracle, state, fewer, *part);
  }
  if (!noise) return noise.error();
  scale(*noise, longer_chains(images, count));
  const auto turned = precision.single ? turned_step(oracle, state, batch, exact) : std::optional<CheckedStep>();
  if (!turned) return turned.error();

  StepModel model;
  model.precision = precision;
  model.variants = kVariants;
  model.images = images;
  model.near_ties = precision.single ? exact.near_ties : 0;
  const double turned_loss = *turned ? std::abs((*turned)->loss - exact.loss) : 0;
  model.loss =
      precision.roundoff * (kLossSafety * (noise->loss * 0x1p24 + std::abs(exact.loss)) + 2 * exact.loss_magnitude / std::sqrt(static_cast<double>(count))) +
      2 * turned_loss;
  for (const auto& [name, gradient] : exact.gradients) {
    const std::vector<double> other = *turned ? (*turned)->gradients.at(name).as_double() : std::vector<double>();
    model.gradients[name] = gradient_model(gradient.as_double(), exact.magnitudes.at(name).as_double(), noise->gradients[name], precision.roundoff, other);
  }
  return model;
}

}  // namespace trainmark::proof
