// Initial values from one Philox stream per parameter; the stream's number is the FNV-1a hash of the name.
#include "network/initialiser.hpp"

#include <algorithm>
#include <cmath>

#include "core/check.hpp"
#include "core/philox.hpp"

namespace trainmark::network {
namespace {

// FNV-1a, 64 bits: http://www.isthe.com/chongo/tech/comp/fnv/
uint64_t stream_of(std::string_view name) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

void fill_normal(core::Philox& random, double deviation, std::span<float> values) {
  for (float& v : values) v = static_cast<float>(deviation * random.normal());
}

}  // namespace

std::string_view initialiser_name(Initialiser::Kind kind) {
  switch (kind) {
    case Initialiser::Kind::kZeros:
      return "zeros";
    case Initialiser::Kind::kOnes:
      return "ones";
    case Initialiser::Kind::kHeNormal:
      return "he_normal";
    case Initialiser::Kind::kScaledNormal:
      return "scaled_normal";
    case Initialiser::Kind::kPytorchUniform:
      return "pytorch_uniform";
  }
  CHECK(false, "unknown initialiser");
}

void initialise(const Initialiser& initialiser, int64_t fan_in, uint64_t seed, std::string_view name, std::span<float> values) {
  CHECK(fan_in > 0, "an initialiser needs a positive fan-in");
  core::Philox random(seed, stream_of(name));
  const double inputs = static_cast<double>(fan_in);
  switch (initialiser.kind) {
    case Initialiser::Kind::kZeros:
      std::fill(values.begin(), values.end(), 0.0f);
      break;
    case Initialiser::Kind::kOnes:
      std::fill(values.begin(), values.end(), 1.0f);
      break;
    case Initialiser::Kind::kHeNormal:
      fill_normal(random, std::sqrt(2.0 / inputs), values);
      break;
    case Initialiser::Kind::kScaledNormal:
      fill_normal(random, initialiser.scale, values);
      break;
    case Initialiser::Kind::kPytorchUniform: {
      const double bound = 1.0 / std::sqrt(inputs);
      for (float& v : values) v = static_cast<float>(bound * (2.0 * random.uniform() - 1.0));
      break;
    }
  }
}

}  // namespace trainmark::network
