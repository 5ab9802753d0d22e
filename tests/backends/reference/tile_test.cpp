// The tile kernel: the definition, to the bit, on every instruction set.
#include "backends/reference/tile.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "core/philox.hpp"

namespace trainmark::tests {
namespace {

using namespace backends::reference;

template <class T>
struct Operands {
  alignas(64) T a[kTileDepth * kTileRows];
  alignas(64) T b[kTileDepth * kTileColumns];
  alignas(64) T sums[kTileRows * kTileColumns];
};

template <class T>
void expect_definition() {
  auto operands = std::make_unique<Operands<T>>();
  core::Philox random(1, 2);
  for (T& value : operands->a) value = static_cast<T>(random.normal());
  for (T& value : operands->b) value = static_cast<T>(random.normal());
  for (const TileKernels<T>& kernels : all_tile_kernels<T>()) {
    for (const int64_t rows : {int64_t{1}, kTileRows}) {
      for (const int64_t depth : {1, 7, 128}) {
        for (const int64_t columns : {1, 8, 17, 32}) {
          std::fill(std::begin(operands->sums), std::end(operands->sums), T{3});
          (rows == 1 ? kernels.one_row : kernels.four_rows)(depth, columns, operands->a, operands->b, operands->sums);
          for (int64_t r = 0; r < kTileRows; ++r) {
            for (int64_t j = 0; j < kTileColumns; ++j) {
              T sum = 0;
              for (int64_t k = 0; k < depth; ++k) sum += operands->a[k * rows + r % rows] * operands->b[k * kTileColumns + j];
              const bool computed = r < rows && j < columns;
              const bool untouched = r >= rows || j >= (columns + 15) / 16 * 16;
              if (computed) {
                ASSERT_EQ(operands->sums[r * kTileColumns + j], sum + 3) << kernels.name;
              }
              if (untouched) {
                ASSERT_EQ(operands->sums[r * kTileColumns + j], T{3}) << kernels.name;
              }
            }
          }
        }
      }
    }
  }
}

TEST(Tile, IsTheDefinitionToTheBitOnEveryInstructionSet) {
  expect_definition<double>();
  expect_definition<float>();
}

TEST(Tile, ThePortableKernelIsAlwaysThere) { EXPECT_STREQ(all_tile_kernels<double>().back().name, "tiles, portable"); }

}  // namespace
}  // namespace trainmark::tests
