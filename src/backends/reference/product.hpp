// Sums of products, the shape of every reduction of the reference: y[m][j] = sum over k of a(m, k) b(k, j).
//
// Convolutions, dense layers and their gradients say only where a and b come from; plain sums have one row of ones.
// One place thus holds the threads, the order of the terms and the magnitudes. A task computes a tile of outputs over
// the whole depth, so results do not depend on the number of threads.
#pragma once

#include <cmath>

#include "backends/reference/context.hpp"

namespace trainmark::backends::reference {

/// Sizes of `batches` products that are independent of each other (images, groups).
struct ProductShape {
  int64_t batches = 1, rows = 1, columns = 1, depth = 1;
};

/// Rows per task: as many as share a packed b, fewer when that would leave threads without work. By shape alone.
template <class T>
int64_t rows_per_task(const ProductShape& shape, int64_t column_tiles) {
  int64_t rows = Scratch<T>::kRows;
  while (rows > kTileRows && shape.batches * column_tiles * ((shape.rows + rows - 1) / rows) < 8) rows /= 2;
  return rows;
}

/// The part of a product that belongs to one task.
struct TileTask {
  int64_t batch, row, rows, column, columns;
};

template <class T>
void take_absolutes(int64_t count, const T* from, T* to) {
  for (int64_t i = 0; i < count; ++i) to[i] = std::abs(from[i]);
}

/// What is multiplied: a(m, k) = row(batch, m)[offset(k)]; offsets are computed once per block, not once per row.
template <class Row, class Offset>
struct Left {
  Row row;
  Offset offset;
};
template <class Row, class Offset>
Left(Row, Offset) -> Left<Row, Offset>;

/// Packs the values of kTileRows rows (or of the only one), those beyond the task's as zeros.
template <class T, class Row>
void pack_rows(const TileTask& task, int64_t first, int64_t height, int64_t depth, const Row& row, Scratch<T>& scratch) {
  for (int64_t r = 0; r < height; ++r) {
    if (first + r < task.rows) {
      const T* values = row(task.batch, task.row + first + r);
      for (int64_t t = 0; t < depth; ++t) scratch.a[t * height + r] = values[scratch.offsets[t]];
    } else {
      for (int64_t t = 0; t < depth; ++t) scratch.a[t * height + r] = 0;
    }
  }
}

/// Adds the terms [begin, begin + depth) of the order to the sums of the task's outputs.
template <class T, class LeftT, class FillB>
void add_block(const TileTask& task, const Order& order, int64_t begin, bool magnitudes, Scratch<T>& scratch, const LeftT& a, const FillB& fill_b) {
  const TileKernels<T>& kernels = tile_kernels<T>();
  const int64_t depth = std::min(kTileDepth, order.n - begin);
  for (int64_t t = 0; t < depth; ++t) {
    const int64_t k = order[begin + t];
    scratch.offsets[t] = a.offset(k);
    T* row = scratch.b + t * kTileColumns;
    fill_b(task.batch, k, task.column, task.columns, row);
    std::fill(row + task.columns, row + kTileColumns, T{0});
  }
  if (magnitudes) take_absolutes(depth * kTileColumns, scratch.b, scratch.b_absolute);
  const int64_t height = task.rows == 1 ? 1 : kTileRows;
  const TileKernel<T> kernel = height == 1 ? kernels.one_row : kernels.four_rows;
  for (int64_t first = 0; first < task.rows; first += height) {
    pack_rows(task, first, height, depth, a.row, scratch);
    kernel(depth, task.columns, scratch.a, scratch.b, scratch.sums + first * kTileColumns);
    if (!magnitudes) continue;
    take_absolutes(depth * height, scratch.a, scratch.a);
    kernel(depth, task.columns, scratch.a, scratch.b_absolute, scratch.magnitudes + first * kTileColumns);
  }
}

/// Computes all outputs.
///   a:                                           see Left
///   fill_b(batch, k, j, count, out):             out[i] = b(k, j + i)
///   store(batch, m, j, count, sums, magnitudes): takes the outputs [j, j + count) of row m
template <class T, class Row, class Offset, class FillB, class Store>
void multiply(const Context<T>& context, const ProductShape& shape, bool magnitudes, const Left<Row, Offset>& a, const FillB& fill_b, const Store& store) {
  const int64_t column_tiles = (shape.columns + kTileColumns - 1) / kTileColumns;
  const int64_t height = rows_per_task<T>(shape, column_tiles);
  const int64_t row_tiles = (shape.rows + height - 1) / height;
  const Order order = Order::make(shape.depth, context.order_seed);
  context.pool->run(static_cast<int>(shape.batches * column_tiles * row_tiles), [&](int index, int thread) {
    Scratch<T>& scratch = (*context.scratch)[static_cast<size_t>(thread)];
    const int64_t row = index % row_tiles * height, column = index / row_tiles % column_tiles * kTileColumns;
    const TileTask task{index / row_tiles / column_tiles, row, std::min(height, shape.rows - row), column, std::min(kTileColumns, shape.columns - column)};
    const int64_t used = (task.rows + kTileRows - 1) / kTileRows * kTileRows * kTileColumns;
    std::fill_n(scratch.sums, used, T{0});
    std::fill_n(scratch.magnitudes, magnitudes ? used : 0, T{0});
    for (int64_t begin = 0; begin < shape.depth; begin += kTileDepth) add_block(task, order, begin, magnitudes, scratch, a, fill_b);
    for (int64_t r = 0; r < task.rows; ++r) {
      const int64_t at = r * kTileColumns;
      store(task.batch, task.row + r, task.column, task.columns, scratch.sums + at, magnitudes ? scratch.magnitudes + at : nullptr);
    }
  });
}

/// sums[j] = sum over k of b(k, j) for j in [0, columns), and their magnitudes where not null.
template <class T, class FillB>
void sum_columns(const Context<T>& context, int64_t columns, int64_t depth, const FillB& fill_b, T* sums, T* magnitudes) {
  const T one = 1;
  const Left ones{[&](int64_t, int64_t) { return &one; }, [](int64_t) { return int64_t{0}; }};
  multiply<T>(context, {1, 1, columns, depth}, magnitudes != nullptr, ones, fill_b,
              [&](int64_t, int64_t, int64_t j, int64_t count, const T* tile, const T* tile_magnitudes) {
                std::copy_n(tile, count, sums + j);
                if (magnitudes != nullptr) std::copy_n(tile_magnitudes, count, magnitudes + j);
              });
}

}  // namespace trainmark::backends::reference
