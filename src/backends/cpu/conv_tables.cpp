// Lists of terms by walking over output positions; see the header for what they mean.
#include "backends/cpu/conv_tables.hpp"

#include <algorithm>
#include <map>

#include "backends/cpu/conv_tiles.hpp"

namespace trainmark::backends::cpu {
namespace {

constexpr int64_t kLanes = plan::kLanes;

struct Geometry {
  plan::Extents x, y;
  network::Window window;
  int64_t in_channels, out_channels, weight_row;  // channels of one group
};

// One tap along one axis: its number and the position that it reads.
struct Tap {
  int64_t number, position;
  bool operator<(const Tap& o) const { return number < o.number; }
};

// Taps of output position `at` of the forward pass, along one axis.
std::vector<Tap> forward_taps(int64_t at, int64_t kernel, int64_t stride, int64_t pad, int64_t dilation, int64_t size) {
  std::vector<Tap> taps;
  for (int64_t k = 0; k < kernel; ++k) {
    const int64_t position = at * stride - pad + k * dilation;
    if (position >= 0 && position < size) taps.push_back({k, position});
  }
  return taps;
}

// Taps of input position `at`: outputs that read it, along one axis.
std::vector<Tap> backward_taps(int64_t at, int64_t kernel, int64_t stride, int64_t pad, int64_t dilation, int64_t outputs) {
  std::vector<Tap> taps;
  for (int64_t k = 0; k < kernel; ++k) {
    const int64_t scaled = at + pad - k * dilation;
    if (scaled >= 0 && scaled % stride == 0 && scaled / stride < outputs) taps.push_back({k, scaled / stride});
  }
  return taps;
}

// Whether the taps of a later position are those of an earlier one, all moved by `shift`.
bool same_taps(const std::vector<Tap>& a, const std::vector<Tap>& b, int64_t shift) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [&](const Tap& p, const Tap& q) { return p.number == q.number && p.position + shift == q.position; });
}

class PassBuilder {
 public:
  PassBuilder(ConvTables::Pass& pass, const Geometry& g, bool forward) : pass_(pass), g_(g), forward_(forward) {}

  void run() {
    const network::Window& w = g_.window;
    const plan::Extents& out = forward_ ? g_.y : g_.x;
    std::vector<std::vector<Tap>> columns;
    for (int64_t at = 0; at < out.w; ++at) {
      columns.push_back(forward_ ? forward_taps(at, w.kernel_w, w.stride_w, w.pad_w, w.dilation_w, g_.x.w)
                                 : backward_taps(at, w.kernel_w, w.stride_w, w.pad_w, w.dilation_w, g_.y.w));
    }
    // Along a row, forward outputs are neighbours; dx of a strided convolution repeats its taps every stride columns.
    const int64_t step = forward_ ? 1 : w.stride_w, shift = forward_ ? w.stride_w : 1;
    pass_.out_step = step * kLanes;
    pass_.source_step = shift * kLanes;
    for (int64_t row = 0; row < out.h; ++row) {
      const auto rows = forward_ ? forward_taps(row, w.kernel_h, w.stride_h, w.pad_h, w.dilation_h, g_.x.h)
                                 : backward_taps(row, w.kernel_h, w.stride_h, w.pad_h, w.dilation_h, g_.y.h);
      std::vector<bool> done(columns.size(), false);
      for (int64_t column = 0; column < out.w; ++column) {
        if (done[static_cast<size_t>(column)]) continue;
        int64_t count = 0;
        for (int64_t at = column; at < out.w && same_taps(columns[static_cast<size_t>(column)], columns[static_cast<size_t>(at)], count * shift); at += step) {
          done[static_cast<size_t>(at)] = true;
          ++count;
        }
        add_run(row * out.w + column, count, rows, columns[static_cast<size_t>(column)]);
      }
    }
  }

 private:
  void add_run(int64_t out, int64_t count, const std::vector<Tap>& rows, const std::vector<Tap>& columns) {
    const plan::Extents& source = forward_ ? g_.x : g_.y;
    ConvTables::Run run;
    run.out = static_cast<int32_t>(out * kLanes);
    run.count = static_cast<int32_t>(count);
    if (!rows.empty() && !columns.empty()) {
      const int64_t origin = rows[0].position * source.w + columns[0].position;
      run.source = static_cast<int32_t>(origin * kLanes);
      std::vector<int64_t> key;
      for (const Tap& r : rows) key.push_back(r.number);
      key.push_back(-1);
      for (const Tap& c : columns) key.push_back(c.number);
      const auto [found, fresh] = lists_.try_emplace(key, static_cast<int32_t>(pass_.terms.size()));
      if (fresh) add_terms(origin, rows, columns);
      run.first_term = found->second;
      run.terms = static_cast<int32_t>((forward_ ? g_.in_channels : g_.out_channels) * static_cast<int64_t>(rows.size() * columns.size()));
    }
    pass_.runs.push_back(run);
  }

  void add_terms(int64_t origin, const std::vector<Tap>& rows, const std::vector<Tap>& columns) {
    const plan::Extents& source = forward_ ? g_.x : g_.y;
    const int64_t channels = forward_ ? g_.in_channels : g_.out_channels, area = g_.window.kernel_h * g_.window.kernel_w;
    for (int64_t c = 0; c < channels; ++c) {
      for (const Tap& r : rows) {
        for (const Tap& k : columns) {
          const int64_t at = c * source.h * source.w + r.position * source.w + k.position - origin;
          const int64_t weight = (forward_ ? c * area : c * g_.weight_row) + r.number * g_.window.kernel_w + k.number;
          pass_.terms.push_back({static_cast<int32_t>(at * kLanes), static_cast<int32_t>(weight)});
        }
      }
    }
  }

  ConvTables::Pass& pass_;
  const Geometry& g_;
  bool forward_;
  std::map<std::vector<int64_t>, int32_t> lists_;
};

ConvTables::Pass make_pass(const Geometry& g, int64_t groups, bool forward, int accumulators) {
  ConvTables::Pass pass;
  PassBuilder(pass, g, forward).run();
  const plan::Extents& out = forward ? g.y : g.x;
  const plan::Extents& source = forward ? g.x : g.y;
  const int64_t area = g.window.kernel_h * g.window.kernel_w;
  pass.groups = groups;
  pass.channels = forward ? g.out_channels : g.in_channels;
  pass.channel_weights = forward ? g.weight_row : area;
  pass.out_plane = out.h * out.w * kLanes;
  pass.group_source = (forward ? g.in_channels : g.out_channels) * source.h * source.w * kLanes;
  pass.group_weights = g.out_channels * g.weight_row;
  pass.out_image = out.per_image() * kLanes;
  pass.source_image = source.per_image() * kLanes;
  // Kernels for sources further apart exist for up to four positions.
  const Tile tile = best_tile(accumulators, 8, pass.source_step == kLanes ? 8 : 4, [&](int a, int b) {
    double sum = 0;
    for (const ConvTables::Run& run : pass.runs) sum += static_cast<double>(run.terms) * cover_cycles(pass.channels, run.count, a, b);
    return sum;
  });
  pass.most_channels = tile.a;
  pass.most_positions = tile.b;
  return pass;
}

// Output positions [begin, end) whose tap k lies inside the input, along one axis.
std::pair<int64_t, int64_t> valid_range(int64_t k, int64_t stride, int64_t pad, int64_t dilation, int64_t size, int64_t outputs) {
  int64_t begin = 0, end = 0;
  while (begin < outputs && begin * stride - pad + k * dilation < 0) ++begin;
  end = begin;
  while (end < outputs && end * stride - pad + k * dilation < size) ++end;
  return {begin, end};
}

struct Stream {
  int64_t source, weight;
  std::pair<int64_t, int64_t> rows, columns;
};

// All (tap, input channel) of a group; those with the same valid positions stand together.
std::vector<std::vector<Stream>> stream_classes(const Geometry& g) {
  const network::Window& w = g.window;
  std::map<std::vector<int64_t>, std::vector<Stream>> classes;
  for (int64_t c = 0; c < g.in_channels; ++c) {
    for (int64_t kh = 0; kh < w.kernel_h; ++kh) {
      for (int64_t kw = 0; kw < w.kernel_w; ++kw) {
        Stream s;
        s.rows = valid_range(kh, w.stride_h, w.pad_h, w.dilation_h, g.x.h, g.y.h);
        s.columns = valid_range(kw, w.stride_w, w.pad_w, w.dilation_w, g.x.w, g.y.w);
        s.weight = (c * w.kernel_h + kh) * w.kernel_w + kw;
        s.source = ((c * g.x.h + kh * w.dilation_h - w.pad_h) * g.x.w + kw * w.dilation_w - w.pad_w) * kLanes;
        classes[{s.rows.first, s.rows.second, s.columns.first, s.columns.second}].push_back(s);
      }
    }
  }
  std::vector<std::vector<Stream>> result;
  for (auto& [key, streams] : classes) result.push_back(std::move(streams));
  return result;
}

// Cycles of a class of streams in tiles of (a, b): arithmetic, and what L2 must deliver. A tile reads its planes of dy, and
// those of x unless they are still in L1 from the tile before, which had the same streams. With 16 output channels of
// 11x11 and 6x4 tiles the kernel waited for L2 half of its time; 9x2 (all taps of one channel) is arithmetic again.
double weights_cycles(const Geometry& g, const std::vector<Stream>& streams, int a, int b) {
  constexpr double kL1 = 28 << 10, kL2BytesPerCycle = 24;
  const int64_t count = static_cast<int64_t>(streams.size()),
                positions = (streams[0].rows.second - streams[0].rows.first) * (streams[0].columns.second - streams[0].columns.first);
  const int64_t stream_tiles = (count + a - 1) / a, channel_tiles = (g.out_channels + b - 1) / b;
  const double x_plane = static_cast<double>(g.x.h * g.x.w * kLanes * 4), dy_plane = static_cast<double>(positions * kLanes * 4);
  const double planes = std::max(1.0, static_cast<double>(std::min<int64_t>(a, count)) / static_cast<double>(g.window.kernel_h * g.window.kernel_w));
  const double dy_bytes = dy_plane * static_cast<double>(std::min<int64_t>(b, g.out_channels)), x_bytes = x_plane * planes;
  const double x_reads = dy_bytes + x_bytes <= kL1 ? 1 : static_cast<double>(channel_tiles);
  const double bytes = static_cast<double>(stream_tiles) * (static_cast<double>(channel_tiles) * dy_bytes + x_reads * x_bytes);
  return std::max(static_cast<double>(positions) * cover_cycles(count, g.out_channels, a, b), bytes / kL2BytesPerCycle);
}

ConvTables::Weights make_weights(const Geometry& g, int64_t groups, int accumulators) {
  ConvTables::Weights table;
  const auto classes = stream_classes(g);
  const Tile tile = best_tile(accumulators, 9, 8, [&](int a, int b) {
    double sum = 0;
    for (const auto& streams : classes) sum += weights_cycles(g, streams, a, b);
    return sum;
  });
  table.most_streams = tile.a;
  table.most_channels = tile.b;
  for (const auto& streams : classes) {
    const int64_t count = static_cast<int64_t>(streams.size()), tiles = (count + tile.a - 1) / tile.a;
    for (int64_t t = 0; t < tiles; ++t) {
      ConvTables::Streams block;
      for (int64_t i = count * t / tiles; i < count * (t + 1) / tiles; ++i) {
        block.source[block.count] = static_cast<int32_t>(streams[static_cast<size_t>(i)].source);
        block.weight[block.count++] = static_cast<int32_t>(streams[static_cast<size_t>(i)].weight);
      }
      block.row_begin = static_cast<int32_t>(streams[0].rows.first);
      block.row_end = static_cast<int32_t>(streams[0].rows.second);
      block.column_begin = static_cast<int32_t>(streams[0].columns.first);
      block.column_end = static_cast<int32_t>(streams[0].columns.second);
      table.streams.push_back(block);
    }
  }
  table.groups = groups;
  table.channels = g.out_channels;
  table.weight_row = g.weight_row;
  table.x_row = g.window.stride_h * g.x.w * kLanes;
  table.x_column = g.window.stride_w * kLanes;
  table.dy_row = g.y.w * kLanes;
  table.dy_plane = g.y.h * g.y.w * kLanes;
  table.group_source = g.in_channels * g.x.h * g.x.w * kLanes;
  table.x_image = g.x.per_image() * kLanes;
  table.dy_image = g.y.per_image() * kLanes;
  return table;
}

}  // namespace

ConvTables make_conv_tables(const plan::Extents& x, const plan::Extents& y, const plan::ConvAttributes& conv, int64_t weight_row, int accumulators) {
  const Geometry g{x, y, conv.window, x.c / conv.groups, y.c / conv.groups, weight_row};
  return {make_pass(g, conv.groups, true, accumulators), make_pass(g, conv.groups, false, accumulators), make_weights(g, conv.groups, accumulators)};
}

}  // namespace trainmark::backends::cpu
