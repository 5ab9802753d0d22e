// Convolutions over rows, (n, c h w), for batches that would leave most image lanes empty: lanes are positions of one image.
//
// The input is unfolded along its columns: for each column tap kw a plane (row, output column) whose element is the x that
// this tap multiplies. In such a plane a step along kh is a step of one output row, so that 16 neighbouring positions, across
// the ends of rows, are one vector for every tap: no lane is wasted but in the last vector of a plane, however narrow the
// image. Padding is zeros in the plane. A vertical stride splits the plane by phases, r = kh dilation_h mod stride_h: tap kh
// reads row i + q of plane r where kh dilation_h = q stride_h + r. (Unfolding by columns alone: Cho and Brand, "MEC:
// memory-efficient convolution", 2017.)
//   The gradient by data runs the other way: it sums dy over channels and kh into such planes, which are then folded, added
// up over kw at their columns of dx. dy has rows of zeros above and below, which a vector that lies in them alone skips.
//   Terms, runs and streams are those of ConvTables, with positions as lanes.
#pragma once

#include "backends/cpu/conv_tables.hpp"

namespace trainmark::backends::cpu {

struct ConvRows {
  /// The plane of one column tap and one phase: where x lies in it. The rest is zero.
  struct Plane {
    int32_t first_row = 0, rows = 0, x_row = 0;           ///< rows [first_row, + rows) come from x_row, x_row + stride_h ...
    int32_t first_column = 0, columns = 0, x_column = 0;  ///< likewise
  };
  std::vector<Plane> planes;               ///< (kernel_w, phases)
  int64_t width = 0, rows = 0;             ///< of a plane: output columns; output rows and what taps reach below them
  int64_t plane_floats = 0;                ///< from one plane to the next: at least 16 more than it holds
  int64_t x_height = 0, x_width = 0;       ///< of x and dx
  int64_t channels = 0, out_channels = 0;  ///< of all groups
  int64_t stride_h = 1, stride_w = 1;
  int64_t dy_size = 0;                   ///< positions of an output channel
  int64_t dy_margin = 0, dy_floats = 0;  ///< grad_data: zeros above a channel of dy; floats from one channel to the next
  int64_t dy_plane = 0;                  ///< grad_weights: floats from one channel of dy to the next
  /// grad_weights: whether output channels, 16 of them, are the lanes, and the streams of its tiles.
  bool channels_as_lanes = false;
  std::vector<ConvTables::Streams> channel_streams;
  bool dy_copied = false;  ///< grad_weights: dy is copied, because its channels do not end with a vector
  ConvTables::Pass forward, grad_data;
  ConvTables::Weights grad_weights;

  /// grad_weights, channels as lanes: floats of one group's transposed dy (positions, 16) of one image.
  int64_t dy_lanes_floats() const { return dy_size * plan::kLanes; }
  int64_t image_floats() const { return channels * static_cast<int64_t>(planes.size()) * plane_floats; }
  /// Images whose planes the gradient by weights holds at a time: about 256 KB, to stay in L2.
  int64_t images_at_once(int64_t images) const;
  /// Of the workspace, for each kernel.
  int64_t forward_bytes() const;
  int64_t grad_data_bytes() const;
  int64_t grad_weights_bytes(int64_t images) const;
};

/// As make_conv_tables; `lanes` floats in a vector; `x_stride`, `dy_stride` floats from one image to the next.
ConvRows make_conv_rows(const plan::Extents& x, const plan::Extents& y, const plan::ConvAttributes& conv, int64_t weight_row, int64_t dy_stride,
                        int accumulators, int lanes);

}  // namespace trainmark::backends::cpu
