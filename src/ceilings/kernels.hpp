// The loops whose speed is the machine's: arithmetic in registers, and passes over memory.
//
// Highway makes those that it has operations for, one form for each instruction set of the engine; what it has none for (bfloat16 and
// 8-bit products, tiles) is written for one instruction each, and listed where the machine has it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace trainmark::ceilings {

enum class NumberType : uint8_t { kFloat64, kFloat32, kBfloat16, kInt8 };
/// "float64", "float32", "bfloat16", "int8": the type that is multiplied; bfloat16 is added in float32, int8 in 32 bits.
const char* number_type_name(NumberType type);

/// Multiply-adds in registers, with enough independent sums to fill the units.
struct ArithmeticKernel {
  std::string isa;          ///< "avx512": one of backends::cpu::supported_isas(); or "avx2" with an extension, or "amx"
  std::string instruction;  ///< "multiply-add", "vdpbf16ps" ...
  NumberType type = NumberType::kFloat32;
  int64_t (*run)(int64_t rounds, float* sink) = nullptr;  ///< returns the operations done, a multiply-add is two; `sink` makes it needed
};

/// All that this machine can run: float32 and float64 for each instruction set, best set first, then the special instructions.
std::vector<ArithmeticKernel> arithmetic_kernels();

/// The float32 kernel of an instruction set; "" is the best. It must be supported.
const ArithmeticKernel& multiply_add_kernel(std::string_view isa);

/// Those of one instruction each: dot products of bfloat16 and int8. arithmetic_special.cpp
std::vector<ArithmeticKernel> special_kernels();
/// Intel's tiles, where the system grants them. arithmetic_amx.cpp
std::vector<ArithmeticKernel> tile_kernels();

/// A way to move bytes: what is read and written per element is fixed by it.
struct MemoryPattern {
  const char* name = "";
  int64_t arrays = 1;  ///< that lie side by side in the working set
  int64_t moved = 1;   ///< values moved per element, by the program's count: what a cache fetches before it is written is not in it
  /// One pass over n values of each array, n a multiple of kPassUnit, on cache lines. What is returned makes loads needed.
  float (*pass)(float* a, const float* b, const float* c, int64_t n) = nullptr;
};
inline constexpr int64_t kPassUnit = 128;  ///< eight of the widest vectors

/// load: sum a; triad: a <- b + s c; non_temporal_triad: the same, past the caches; update: a <- a + s b. For an instruction set; ""
/// is the best. It must be supported.
const std::vector<MemoryPattern>& memory_patterns(std::string_view isa);
const MemoryPattern& memory_pattern(std::string_view isa, std::string_view name);

}  // namespace trainmark::ceilings
