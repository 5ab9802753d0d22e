// Convolutions over images as lanes, as lists of what to multiply: made once from the shapes, read by the kernels.
//
// Forward pass and gradient by data are the same thing: every output value is a sum of terms weight x source. Neighbours
// in a row share their list of terms unless they lie at an edge, so a row is a few runs: the interior, and single
// columns at the edges whose lists are shorter. Padding therefore costs nothing and no tensor is ever unfolded.
// The gradient by weights sums over positions instead; its terms (input channel, tap) are streams that are read in step.
#pragma once

#include <cstdint>
#include <vector>

#include "plan/plan.hpp"

namespace trainmark::backends::cpu {

struct ConvTables {
  struct Term {
    int32_t source = 0;  ///< floats from the run's source, lanes counted
    int32_t weight = 0;  ///< from the weights of the output channel
  };
  /// `count` neighbouring outputs with the same terms.
  struct Run {
    int32_t out = 0, source = 0;  ///< floats from the start of a channel, and of a group's source
    int32_t count = 0;
    int32_t first_term = 0, terms = 0;
    int32_t last = 0;  ///< rows: values of the last vector that exist; 0: all
  };
  /// Outputs of all groups of channels: y of the forward pass, or dx.
  struct Pass {
    std::vector<Term> terms;
    std::vector<Run> runs;
    int64_t out_step = 16, source_step = 16;      ///< floats between neighbours of a run
    int64_t groups = 1, channels = 0;             ///< output channels of one group
    int64_t channel_weights = 0;                  ///< weights between output channels
    int64_t out_plane = 0;                        ///< floats between output channels
    int64_t group_source = 0, group_weights = 0;  ///< from one group to the next
    int64_t out_image = 0, source_image = 0;      ///< floats per group of 16 images
    int most_channels = 1, most_positions = 1;    ///< of a register tile
    int64_t image_lanes = 16;                     ///< images that lie side by side: 16, or 1 where lanes are positions
  };
  /// Up to nine streams of x that are multiplied with dy over the same positions.
  struct Streams {
    int32_t source[9] = {}, weight[9] = {};
    int count = 0;
    int32_t row_begin = 0, row_end = 0, column_begin = 0, column_end = 0;  ///< output positions
  };
  struct Weights {
    std::vector<Streams> streams;
    int most_streams = 1, most_channels = 1;
    int64_t groups = 1, channels = 0;  ///< output channels of one group
    int64_t weight_row = 0;            ///< floats between output channels' weights, padded
    int64_t x_row = 0, x_column = 0;   ///< floats of x per step of the output position
    int64_t dy_row = 0, dy_plane = 0;
    int64_t group_source = 0;
    int64_t x_image = 0, dy_image = 0;
    int64_t dy_column = 16;    ///< floats of dy per step of the output position
    int64_t image_lanes = 16;  ///< as in Pass
  };
  Pass forward, grad_data;
  Weights grad_weights;
};

/// x (n, c, h, w), y (n, oc, oh, ow); `weight_row` floats from one output channel's weights to the next (padded rows);
/// `accumulators` vector registers for sums.
ConvTables make_conv_tables(const plan::Extents& x, const plan::Extents& y, const plan::ConvAttributes& conv, int64_t weight_row, int accumulators);

}  // namespace trainmark::backends::cpu
