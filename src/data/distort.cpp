// The steps in order: pen points + hand, spline, affine map, elastic grid.
#include "data/distort.hpp"

#include <algorithm>
#include <array>

namespace trainmark::data {
namespace {

constexpr int kSpanPieces = 4;  // straight pieces between two pen points: about a pixel each
constexpr int kGlyphHeight = 1400;
constexpr int kGridNodes = 5;                                   // per side of the elastic grid
constexpr int kGridStep = kDigitSide * 256 / (kGridNodes - 1);  // 1/256 pixel between nodes

// Weights of the four neighbouring points at t = 0, 1/4, 1/2, 3/4 of a Catmull-Rom span, times 128. Exact.
// Source: Catmull, Rom, "A class of local interpolating splines", 1974 (tension 1/2).
constexpr int kSpline[kSpanPieces][4] = {{0, 128, 0, 0}, {-9, 111, 29, -3}, {-8, 72, 72, -8}, {-3, 29, 111, -9}};

/// A linear map of glyph units to 1/256 pixel, and a shift: x' = (xx x + xy y) / 65536 + dx.
struct Affine {
  int64_t xx, xy, yx, yy;  // 1/65536
  int32_t dx, dy;          // 1/256 pixel

  ImagePoint operator()(ImagePoint p) const {
    return {static_cast<int32_t>((xx * p.x + xy * p.y) >> 16) + dx, static_cast<int32_t>((yx * p.x + yy * p.y) >> 16) + dy};
  }
};

/// Displacements at the nodes of a grid over the image; between nodes they are interpolated.
struct ElasticGrid {
  std::array<std::array<ImagePoint, kGridNodes>, kGridNodes> nodes;

  ImagePoint operator()(ImagePoint p) const {
    const int32_t limit = kGridStep * (kGridNodes - 1) - 1;
    const int32_t x = std::clamp(p.x, 0, limit), y = std::clamp(p.y, 0, limit);
    const auto column = static_cast<size_t>(x / kGridStep), row = static_cast<size_t>(y / kGridStep);
    const int64_t fx = x % kGridStep, fy = y % kGridStep;
    const auto mix = [&](int32_t ImagePoint::*axis) {
      const int64_t upper = nodes[row][column].*axis * (kGridStep - fx) + nodes[row][column + 1].*axis * fx;
      const int64_t lower = nodes[row + 1][column].*axis * (kGridStep - fx) + nodes[row + 1][column + 1].*axis * fx;
      return static_cast<int32_t>((upper * (kGridStep - fy) + lower * fy) / (int64_t{kGridStep} * kGridStep));
    };
    return {p.x + mix(&ImagePoint::x), p.y + mix(&ImagePoint::y)};
  }
};

Affine draw_affine(const Variation& v, core::Philox& random) {
  const int64_t scale_y = (int64_t{between(random, v.height_min, v.height_max)} << 16) / kGlyphHeight;
  const int64_t scale_x = scale_y * (65536 + around_zero(random, v.aspect)) >> 16;
  const int64_t slant = around_zero(random, v.slant);
  // A rotation without trigonometric functions: t = tan(angle / 2), cos = (1 - t^2) / (1 + t^2), sin = 2 t / (1 + t^2).
  const int64_t t = around_zero(random, v.tan_half_angle);
  const int64_t one = int64_t{1} << 32;
  const int64_t cosine = ((one - t * t) << 16) / (one + t * t);
  const int64_t sine = ((2 * t << 16) << 16) / (one + t * t);
  // rotation x shear x scale; an upright stroke leans to the right for a positive slant.
  const int64_t shear = -(slant * scale_y >> 16);
  Affine map{};
  map.xx = cosine * scale_x >> 16;
  map.xy = (cosine * shear - sine * scale_y) >> 16;
  map.yx = sine * scale_x >> 16;
  map.yy = (sine * shear + cosine * scale_y) >> 16;
  map.dx = kDigitSide * 128 + around_zero(random, v.shift);
  map.dy = kDigitSide * 128 + around_zero(random, v.shift);
  return map;
}

ElasticGrid draw_grid(const Variation& v, core::Philox& random) {
  ElasticGrid grid{};
  for (auto& row : grid.nodes) {
    for (ImagePoint& node : row) {
      node.x = around_zero(random, v.elastic);
      node.y = around_zero(random, v.elastic);
    }
  }
  return grid;
}

/// The point at piece `k` of the span from points[i] to points[i + 1]; beyond an end or a corner the end counts twice.
ImagePoint on_spline(std::span<const ImagePoint> points, Stroke stroke, size_t i, int k) {
  const ImagePoint before = i == 0 || stroke[i].corner ? points[i] : points[i - 1];
  const ImagePoint after = i + 2 >= points.size() || stroke[i + 1].corner ? points[i + 1] : points[i + 2];
  const auto mix = [&](int32_t ImagePoint::*axis) {
    const auto& w = kSpline[k];
    return (w[0] * before.*axis + w[1] * points[i].*axis + w[2] * points[i + 1].*axis + w[3] * after.*axis) / 128;
  };
  return {mix(&ImagePoint::x), mix(&ImagePoint::y)};
}

}  // namespace

int32_t between(core::Philox& random, int32_t low, int32_t high) { return low + static_cast<int32_t>(random.below(static_cast<uint32_t>(high - low + 1))); }

int32_t around_zero(core::Philox& random, int32_t range) {
  const int32_t first = between(random, 0, range);
  return first + between(random, 0, range) - range;
}

void distort(const Glyph& glyph, const Variation& variation, core::Philox& random, std::vector<Line>& lines) {
  lines.clear();
  const Affine affine = draw_affine(variation, random);
  const ElasticGrid elastic = draw_grid(variation, random);
  std::vector<ImagePoint> points;
  for (const Stroke stroke : glyph.strokes) {
    points.clear();
    for (const StrokePoint& pen : stroke) {
      const int32_t dx = around_zero(random, variation.hand_units);
      const int32_t dy = around_zero(random, variation.hand_units);
      points.push_back({pen.x + dx, pen.y + dy});
    }
    ImagePoint from = elastic(affine(points.front()));
    for (size_t i = 0; i + 1 < points.size(); ++i) {
      for (int k = 1; k <= kSpanPieces; ++k) {
        const ImagePoint to = elastic(affine(k == kSpanPieces ? points[i + 1] : on_spline(points, stroke, i, k)));
        lines.push_back({from, to});
        from = to;
      }
    }
  }
}

}  // namespace trainmark::data
