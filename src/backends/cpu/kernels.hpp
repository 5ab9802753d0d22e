// The kernels of one instruction set as a table of function pointers, filled by one file per family.
#pragma once

#include "backends/cpu/bound_op.hpp"

namespace trainmark::backends::cpu {

struct NeighbourKernel;

struct Kernels {
  const char* isa = "";
  int lanes = 0;                    ///< floats per vector
  int accumulators = 0;             ///< vector registers that a tile of sums may fill
  bool fused_multiply_add = false;  ///< hn::MulAdd rounds once
  // gemm.cpp, dot.cpp: dense layers, activations as padded rows
  KernelFunction dense_gemm, dense_ranges, sum_ranges, dense_dot, dense_grad_data, dense_grad_weights;
  // dense_pixels.cpp: a first dense layer straight from pixels
  int64_t pixel_outputs = 0;  ///< that it may have at most
  KernelFunction dense_pixels, dense_pixels_grad_weights;
  // dense_sparse.cpp: one with many outputs, straight from pixels of which most are the background
  KernelFunction sparse_ranges, sparse_grad_weights;
  // conv_*.cpp, pool.cpp: 16 images as lanes
  KernelFunction conv_forward, conv_grad_data, conv_grad_weights;
  KernelFunction max_pool, max_pool_grad;
  KernelFunction conv_forward_pooled, conv_grad_data_winners, conv_grad_weights_winners;
  // the same over padded rows: lanes are positions of one image
  KernelFunction conv_forward_rows, conv_grad_data_rows, conv_grad_weights_rows, conv_grad_weights_channels;
  KernelFunction max_pool_rows, max_pool_grad_rows;
  // gather.cpp, convert.cpp
  KernelFunction gather_rows, gather_columns, gather_lanes, convert_layout;
  // softmax.cpp
  KernelFunction softmax;
  // neighbours_products.cpp
  const NeighbourKernel* neighbours = nullptr;
  // elementwise.cpp
  KernelFunction relu, relu_grad, add, update, reduce_partials;
};

/// Rows of a gradient that are made and used up by the update at a time: with 128 columns, 24 KB.
inline constexpr int64_t kUpdateRows = 48;

/// Workspace of the kernels that visit sparse pixels, for every 64 images.
inline constexpr int64_t kPixelBlockBytes = 64 * (64 + 8 + 1);

/// One function per file of kernels; each fills its part for the instruction set that Highway has chosen.
void fill_gemm(Kernels& kernels);
void fill_dot(Kernels& kernels);
void fill_dense_pixels(Kernels& kernels);
void fill_dense_sparse(Kernels& kernels);
void fill_conv_sums(Kernels& kernels);
void fill_conv_weights(Kernels& kernels);
void fill_conv_weights_channels(Kernels& kernels);
void fill_conv_pool(Kernels& kernels);
void fill_conv_winners_data(Kernels& kernels);
void fill_conv_winners_weights(Kernels& kernels);
void fill_pool(Kernels& kernels);
void fill_pool_rows(Kernels& kernels);
void fill_gather(Kernels& kernels);
void fill_convert(Kernels& kernels);
void fill_softmax(Kernels& kernels);
void fill_neighbours(Kernels& kernels);
void fill_elementwise(Kernels& kernels);

}  // namespace trainmark::backends::cpu
