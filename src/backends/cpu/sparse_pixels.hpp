// Which pixels of the batch are not the background: as bits, by image and by pixel.
//
// Most pixels of drawings and scans are one value, the background. A product with it is known for a whole row of weights at once, so kernels
// visit only the other pixels: x = base + (x - base), and x - base is zero for the background.
#if defined(TRAINMARK_CPU_SPARSE_PIXELS_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef TRAINMARK_CPU_SPARSE_PIXELS_HPP
#undef TRAINMARK_CPU_SPARSE_PIXELS_HPP
#else
#define TRAINMARK_CPU_SPARSE_PIXELS_HPP
#endif

#include <algorithm>
#include <bit>
#include <cstring>

#include "backends/cpu/bound_op.hpp"
#include "backends/cpu/simd.hpp"

HWY_BEFORE_NAMESPACE();
namespace trainmark::backends::cpu::HWY_NAMESPACE {

inline constexpr int64_t kBlock = 64;  ///< images, and pixels of each

/// The same pixels of some images, side by side in memory, and a bit for each that is not the background.
struct PixelBlock {
  alignas(64) uint8_t pixels[kBlock][kBlock];  ///< (image, pixel)
  alignas(64) uint64_t bits[kBlock];           ///< by image: bit i of word n is pixel i of image n; by pixel: the other way round
  uint64_t any;                                ///< by pixel: bit i: word i is not zero
};

/// The batch's images of one channel.
class SparsePixels {
 public:
  explicit SparsePixels(const Context& context)
      : pixels_(context.step->input->samples->pixels),
        size_(context.step->input->samples->shape.size()),
        end_(pixels_ + context.step->input->samples->count * size_),
        indices_(context.step->input->indices + context.image_begin),
        channel_(context.step->gather->channels[0]) {}

  /// Value of the background.
  float base() const { return channel_.base; }
  /// What a pixel's value is above it.
  const float* difference() const { return channel_.difference; }

  /// Pixels [first, first + count) of images [image, image + images), with their bits by image.
  HWY_INLINE void load_by_image(int64_t image, int64_t images, int64_t first, int64_t count, PixelBlock& block) const {
    copy(image, images, first, count, block);
    const Bytes d;
    const auto background = hn::Set(d, channel_.background);
    for (int64_t n = 0; n < images; ++n) {
      uint8_t bits[8];
      for (int64_t i = 0; i < kBlock; i += kBytes) hn::StoreMaskBits(d, hn::Ne(hn::Load(d, block.pixels[n] + i), background), bits + i / 8);
      std::memcpy(&block.bits[n], bits, 8);
      block.bits[n] &= first_bits(count);
    }
  }

  /// The same with their bits by pixel.
  HWY_INLINE void load_by_pixel(int64_t image, int64_t images, int64_t first, int64_t count, PixelBlock& block) const {
    copy(image, images, first, count, block);
    // A byte for each pixel has the bits of eight images. Their bytes are then woven together.
    alignas(64) uint8_t eights[8][kBlock] = {};
    const Bytes d;
    const auto background = hn::Set(d, channel_.background);
    uint8_t any[8];
    for (int64_t i = 0; i < kBlock; i += kBytes) {
      auto all = hn::Zero(d);
      for (int64_t n = 0; n < images; n += 8) {
        auto eight = hn::Zero(d);
        for (int64_t k = 0; k < std::min<int64_t>(8, images - n); ++k) {
          const auto differs = hn::Ne(hn::Load(d, block.pixels[n + k] + i), background);
          eight = hn::Or(eight, hn::IfThenElseZero(differs, hn::Set(d, static_cast<uint8_t>(1 << k))));
        }
        hn::Store(eight, d, eights[n / 8] + i);
        all = hn::Or(all, eight);
      }
      hn::StoreMaskBits(d, hn::Ne(all, hn::Zero(d)), any + i / 8);
    }
    std::memcpy(&block.any, any, 8);
    block.any &= first_bits(count);
    for (int64_t i = 0; i < count; i += 16) weave(eights, i, block.bits + i);
  }

 private:
  using Bytes = hn::CappedTag<uint8_t, 64>;
  static constexpr int64_t kBytes = hn::MaxLanes(Bytes());

  static uint64_t first_bits(int64_t count) { return ~uint64_t{0} >> (kBlock - count); }

  // All loads are independent of each other, so that they wait for memory together; the pixels that follow come into L2 meanwhile.
  HWY_INLINE void copy(int64_t image, int64_t images, int64_t first, int64_t count, PixelBlock& block) const {
    const Bytes d;
    for (int64_t n = 0; n < images; ++n) {
      const uint8_t* const p = pixels_ + indices_[image + n] * size_ + first;
      if (end_ - p < kBlock) {  // nothing behind the last image may be read
        std::memcpy(block.pixels[n], p, static_cast<size_t>(count));
        continue;
      }
      __builtin_prefetch(p + count, 0, 2);
      __builtin_prefetch(p + count + kBlock - 1, 0, 2);
      for (int64_t i = 0; i < kBlock; i += kBytes) hn::Store(hn::LoadU(d, p + i), d, block.pixels[n] + i);
    }
  }

  // Bytes [i, i + 16) of eight rows -> 16 words, of a byte of each row.
  HWY_INLINE static void weave(const uint8_t (&rows)[8][kBlock], int64_t i, uint64_t* words) {
    const hn::FixedTag<uint8_t, 16> d8;
    const hn::FixedTag<uint16_t, 8> d16;
    const hn::FixedTag<uint32_t, 4> d32;
    const hn::FixedTag<uint64_t, 2> d64;
    hn::Vec<decltype(d16)> twos[2][4];   // half of the bytes, pair of rows
    hn::Vec<decltype(d32)> fours[4][2];  // quarter of the bytes, four rows
    unroll<4>([&](auto k) CPU_LAMBDA {
      const auto a = hn::Load(d8, rows[2 * k] + i), b = hn::Load(d8, rows[2 * k + 1] + i);
      twos[0][k] = hn::BitCast(d16, hn::InterleaveLower(d8, a, b));
      twos[1][k] = hn::BitCast(d16, hn::InterleaveUpper(d8, a, b));
    });
    unroll<4>([&](auto j) CPU_LAMBDA {
      const auto a = twos[j / 2][j % 2 * 2], b = twos[j / 2][j % 2 * 2 + 1];
      fours[j / 2 * 2][j % 2] = hn::BitCast(d32, hn::InterleaveLower(d16, a, b));
      fours[j / 2 * 2 + 1][j % 2] = hn::BitCast(d32, hn::InterleaveUpper(d16, a, b));
    });
    unroll<4>([&](auto q) CPU_LAMBDA {
      hn::Store(hn::BitCast(d64, hn::InterleaveLower(d32, fours[q][0], fours[q][1])), d64, words + 4 * q);
      hn::Store(hn::BitCast(d64, hn::InterleaveUpper(d32, fours[q][0], fours[q][1])), d64, words + 4 * q + 2);
    });
  }

  const uint8_t* pixels_;
  int64_t size_;
  const uint8_t* end_;
  const int32_t* indices_;
  const GatherTables::Channel& channel_;
};

/// Calls f(i) for every bit that is set, from the lowest on.
template <class F>
HWY_INLINE void for_bits(uint64_t bits, const F& f) {
  for (; bits != 0; bits &= bits - 1) f(std::countr_zero(bits));
}

}  // namespace trainmark::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // TRAINMARK_CPU_SPARSE_PIXELS_HPP
