// Planes, terms and streams from the shapes; see the header for what they mean.
#include "backends/cpu/conv_rows.hpp"

#include <algorithm>

#include "backends/cpu/conv_tiles.hpp"

namespace trainmark::backends::cpu {
namespace {

constexpr double kUnaligned = 1;  // cycles to load a vector that lies on two cache lines
constexpr int64_t kSlack = 16;    // floats behind a plane that whole vectors may touch

int32_t narrow(int64_t value) { return static_cast<int32_t>(value); }

// Steps [first, first + second) of `count` whose position, origin + step * stride, lies in [0, size).
std::pair<int64_t, int64_t> inside(int64_t origin, int64_t stride, int64_t size, int64_t count) {
  int64_t begin = 0;
  while (begin < count && origin + begin * stride < 0) ++begin;
  int64_t end = begin;
  while (end < count && origin + end * stride < size) ++end;
  return {begin, end - begin};
}

class Builder {
 public:
  Builder(const plan::Extents& x, const plan::Extents& y, const plan::ConvAttributes& conv, int64_t weight_row, int accumulators, int lanes)
      : x_(x), y_(y), conv_(conv), w_(conv.window), weight_row_(weight_row), accumulators_(accumulators), lanes_(lanes) {
    in_channels_ = x.c / conv.groups;
    group_channels_ = y.c / conv.groups;
  }

  ConvRows run(int64_t dy_stride) {
    for (int64_t kh = 0; kh < w_.kernel_h; ++kh) {
      const int64_t q = kh * w_.dilation_h / w_.stride_h, r = kh * w_.dilation_h % w_.stride_h;
      if (std::find(phases_.begin(), phases_.end(), r) == phases_.end()) phases_.push_back(r);
      most_q_ = std::max(most_q_, q);
    }
    size_planes();
    make_forward();
    make_grad_data();
    make_grad_weights(dy_stride);
    return std::move(t_);
  }

 private:
  void size_planes() {
    t_.width = y_.w;
    t_.rows = y_.h + most_q_;
    t_.plane_floats = plan::round_up(t_.rows * t_.width + kSlack, plan::kLanes);
    t_.x_height = x_.h;
    t_.x_width = x_.w;
    t_.channels = x_.c;
    t_.out_channels = y_.c;
    t_.stride_h = w_.stride_h;
    t_.stride_w = w_.stride_w;
    t_.dy_size = y_.h * y_.w;
    t_.dy_margin = most_q_ * y_.w;
    t_.dy_floats = plan::round_up(t_.dy_size + 2 * t_.dy_margin + kSlack, plan::kLanes);
    for (int64_t kw = 0; kw < w_.kernel_w; ++kw) {
      for (const int64_t r : phases_) {
        const int64_t row = r - w_.pad_h, column = kw * w_.dilation_w - w_.pad_w;
        const auto [first_row, rows] = inside(row, w_.stride_h, x_.h, t_.rows);
        const auto [first_column, columns] = inside(column, w_.stride_w, x_.w, t_.width);
        t_.planes.push_back({narrow(first_row), narrow(rows), narrow(row + first_row * w_.stride_h), narrow(first_column), narrow(columns),
                             narrow(column + first_column * w_.stride_w)});
      }
    }
  }

  // Where a tap finds its position 0: number of its plane, and rows into it.
  int64_t phase(int64_t kh) const { return std::find(phases_.begin(), phases_.end(), kh * w_.dilation_h % w_.stride_h) - phases_.begin(); }
  int64_t q(int64_t kh) const { return kh * w_.dilation_h / w_.stride_h; }
  int64_t source(int64_t c, int64_t kh, int64_t kw) const {
    const auto phases = static_cast<int64_t>(phases_.size());
    return (c * w_.kernel_w * phases + kw * phases + phase(kh)) * t_.plane_floats + q(kh) * t_.width;
  }
  int64_t weight(int64_t c, int64_t kh, int64_t kw) const { return (c * w_.kernel_h + kh) * w_.kernel_w + kw; }

  void choose_tile(ConvTables::Pass& pass) {
    pass.out_step = pass.source_step = lanes_;
    pass.image_lanes = 1;
    const Tile tile = best_tile(accumulators_, 8, lanes_ == plan::kLanes ? 8 : 4, [&](int a, int b) { return cycles(pass, a, b); });
    pass.most_channels = tile.a;
    pass.most_positions = tile.b;
  }

  static double cycles(const ConvTables::Pass& pass, int a, int b) {
    double sum = 0;
    for (const ConvTables::Run& run : pass.runs) sum += (run.terms + 6) * cover_cycles(run.count, pass.channels, b, a, kUnaligned);
    return sum;
  }

  void make_forward() {
    ConvTables::Pass& pass = t_.forward;
    for (int64_t c = 0; c < in_channels_; ++c) {
      for (int64_t kh = 0; kh < w_.kernel_h; ++kh) {
        for (int64_t kw = 0; kw < w_.kernel_w; ++kw) pass.terms.push_back({narrow(source(c, kh, kw)), narrow(weight(c, kh, kw))});
      }
    }
    ConvTables::Run run;
    run.count = narrow((t_.dy_size + lanes_ - 1) / lanes_);
    run.terms = narrow(static_cast<int64_t>(pass.terms.size()));
    run.last = narrow(t_.dy_size % lanes_);
    pass.runs.push_back(run);
    pass.groups = conv_.groups;
    pass.channels = group_channels_;
    pass.channel_weights = weight_row_;
    pass.out_plane = t_.dy_size;
    pass.group_source = in_channels_ * static_cast<int64_t>(t_.planes.size()) * t_.plane_floats;
    pass.group_weights = group_channels_ * weight_row_;
    choose_tile(pass);
  }

  // One run per plane, or one per stretch of vectors that meet the same rows of dy: whichever costs less.
  void make_grad_data() {
    ConvTables::Pass whole = grad_data_pass(false), split = grad_data_pass(true);
    const bool split_costs_less = cycles(split, split.most_channels, split.most_positions) < cycles(whole, whole.most_channels, whole.most_positions);
    t_.grad_data = std::move(split_costs_less ? split : whole);
  }

  ConvTables::Pass grad_data_pass(bool split) {
    ConvTables::Pass pass;
    const int64_t vectors = (t_.rows * t_.width + lanes_ - 1) / lanes_;
    for (int64_t plane = 0; plane < static_cast<int64_t>(t_.planes.size()); ++plane) {
      for (int64_t first = 0; first < vectors;) {
        int64_t end = split ? first + 1 : vectors;
        const auto taps = taps_of(plane, first, end);
        while (split && end < vectors && taps_of(plane, end, end + 1) == taps) ++end;
        add_run(pass, plane, first, end, taps);
        first = end;
      }
    }
    pass.groups = conv_.groups;
    pass.channels = in_channels_;
    pass.channel_weights = w_.kernel_h * w_.kernel_w;
    pass.out_plane = static_cast<int64_t>(t_.planes.size()) * t_.plane_floats;
    pass.group_source = group_channels_ * t_.dy_floats;
    pass.group_weights = group_channels_ * weight_row_;
    choose_tile(pass);
    return pass;
  }

  // The kh of a plane through which vectors [first, end) of it meet a row of dy.
  std::vector<int64_t> taps_of(int64_t plane, int64_t first, int64_t end) const {
    const int64_t top = first * lanes_ / t_.width, bottom = std::min(t_.rows - 1, (end * lanes_ - 1) / t_.width);
    std::vector<int64_t> taps;
    for (int64_t kh = 0; kh < w_.kernel_h; ++kh) {
      if (phase(kh) == plane % static_cast<int64_t>(phases_.size()) && bottom - q(kh) >= 0 && top - q(kh) < y_.h) taps.push_back(kh);
    }
    return taps;
  }

  void add_run(ConvTables::Pass& pass, int64_t plane, int64_t first, int64_t end, const std::vector<int64_t>& taps) const {
    ConvTables::Run run;
    run.out = narrow(plane * t_.plane_floats + first * lanes_);
    run.source = narrow(first * lanes_);
    run.count = narrow(end - first);
    run.first_term = narrow(static_cast<int64_t>(pass.terms.size()));
    const int64_t kw = plane / static_cast<int64_t>(phases_.size());
    for (int64_t c = 0; c < group_channels_; ++c) {
      for (const int64_t kh : taps)
        pass.terms.push_back({narrow(c * t_.dy_floats + t_.dy_margin - q(kh) * t_.width), narrow(c * weight_row_ + weight(0, kh, kw))});
    }
    run.terms = narrow(static_cast<int64_t>(pass.terms.size())) - run.first_term;
    pass.runs.push_back(run);
  }

  void make_grad_weights(int64_t dy_stride) {
    ConvTables::Weights& table = t_.grad_weights;
    t_.dy_copied = t_.dy_size % lanes_ != 0;
    t_.dy_plane = plan::round_up(t_.dy_size, lanes_);
    const int64_t streams = in_channels_ * w_.kernel_h * w_.kernel_w, vectors = (t_.dy_size + lanes_ - 1) / lanes_;
    const Tile tile = best_tile(accumulators_, 9, 8, [&](int a, int b) { return cover_cycles(streams, group_channels_, a, b, kUnaligned); });
    table.most_streams = tile.a;
    table.most_channels = tile.b;
    table.streams = stream_tiles(streams, tile.a, vectors);
    // Channels as lanes need no sums over lanes, which cost more than the products where an image has few positions; but a
    // broadcast per product.
    const int64_t most = std::clamp<int64_t>(accumulators_ * lanes_ / plan::kLanes, 1, 9), images = std::clamp<int64_t>(x_.n, 1, 16);
    t_.channel_streams = stream_tiles(streams, most, vectors);
    const double sums = 6.0 * static_cast<double>(streams * group_channels_) / static_cast<double>(images);
    const double by_positions = static_cast<double>(vectors) * cover_cycles(streams, group_channels_, tile.a, tile.b, kUnaligned) + sums;
    const double by_channels = 0.55 * static_cast<double>(t_.dy_size * group_channels_ * streams) / static_cast<double>(lanes_);
    t_.channels_as_lanes = group_channels_ % plan::kLanes == 0 && by_channels < by_positions;
    table.groups = conv_.groups;
    table.channels = group_channels_;
    table.weight_row = weight_row_;
    table.x_column = table.dy_column = lanes_;
    table.dy_plane = t_.dy_plane;
    table.group_source = in_channels_ * static_cast<int64_t>(t_.planes.size()) * t_.plane_floats;
    table.x_image = t_.image_floats();
    table.dy_image = t_.dy_copied ? y_.c * t_.dy_plane : dy_stride;
    table.image_lanes = 1;
  }

  // All (input channel, tap) of a group in tiles of at most `most`.
  std::vector<ConvTables::Streams> stream_tiles(int64_t streams, int64_t most, int64_t vectors) const {
    const int64_t tiles = (streams + most - 1) / most, area = w_.kernel_h * w_.kernel_w;
    std::vector<ConvTables::Streams> result;
    for (int64_t t = 0; t < tiles; ++t) {
      ConvTables::Streams block;
      for (int64_t i = streams * t / tiles; i < streams * (t + 1) / tiles; ++i) {
        block.source[block.count] = narrow(source(i / area, i % area / w_.kernel_w, i % w_.kernel_w));
        block.weight[block.count++] = narrow(i);
      }
      block.row_end = 1;
      block.column_end = narrow(vectors);
      result.push_back(block);
    }
    return result;
  }

  const plan::Extents &x_, &y_;
  const plan::ConvAttributes& conv_;
  const network::Window& w_;
  int64_t weight_row_;
  int accumulators_;
  int64_t lanes_, in_channels_ = 0, group_channels_ = 0, most_q_ = 0;
  std::vector<int64_t> phases_;
  ConvRows t_;
};

}  // namespace

int64_t ConvRows::images_at_once(int64_t images) const { return std::clamp<int64_t>((256 << 10) / (4 * image_floats()), 1, images); }
int64_t ConvRows::forward_bytes() const { return image_floats() * 4; }
int64_t ConvRows::grad_data_bytes() const { return (image_floats() + out_channels * dy_floats + 2 * kSlack) * 4; }
int64_t ConvRows::grad_weights_bytes(int64_t images) const {
  const int64_t at_once = images_at_once(images);
  if (channels_as_lanes) return (at_once * (image_floats() + dy_lanes_floats()) + 2 * grad_weights.weight_row * plan::kLanes) * 4;
  return at_once * (image_floats() + (dy_copied ? out_channels * dy_plane : 0)) * 4;
}

ConvRows make_conv_rows(const plan::Extents& x, const plan::Extents& y, const plan::ConvAttributes& conv, int64_t weight_row, int64_t dy_stride,
                        int accumulators, int lanes) {
  return Builder(x, y, conv, weight_row, accumulators, lanes).run(dy_stride);
}

}  // namespace trainmark::backends::cpu
