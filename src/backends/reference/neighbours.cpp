// Distances by plain loops that the compiler turns into vectors, once per instruction set; then one vote per query.
//
// A group of queries goes through the images chunk by chunk, so that a chunk comes from memory once per group; the whole
// rows of distances are kept, because the vote looks at them more than once.
#include "backends/reference/neighbours.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace trainmark::backends::reference {
namespace {

constexpr int64_t kGroup = 32;  // queries that share a pass over the images
constexpr int64_t kChunk = 64;  // images: with 784 values each 100 KB in 16 bits, a level-2 cache
constexpr int64_t kLine = 32;   // 16-bit values that pixels are padded to, with zeros in both images, which add nothing

int64_t padded(int64_t pixels) { return (pixels + kLine - 1) / kLine * kLine; }

// Pixels as 16 bits, so that differences fit: (images, pixels) to (images, padded(pixels)), whose padding is 0 already.
void widen(const uint8_t* from, int64_t images, int64_t pixels, int16_t* to) {
  for (int64_t i = 0; i < images; ++i) std::copy_n(from + i * pixels, pixels, to + i * padded(pixels));
}

// Always inlined, so that it is compiled with the instruction set of the function that calls it.
template <Metric metric>
[[gnu::always_inline]] inline void rows(const int16_t* query, const int16_t* first, int64_t images, int64_t lines, int32_t* distances) {
  for (int64_t i = 0; i < images; ++i) {
    const int16_t* image = first + i * lines * kLine;
    int32_t sum = 0;
    for (int64_t p = 0; p < lines * kLine; ++p) {
      const auto difference = static_cast<int16_t>(query[p] - image[p]);
      sum += metric == Metric::kSquared ? difference * difference : std::abs(difference);
    }
    distances[i] = sum;
  }
}

// One query against `images` images of `lines` lines each: distances (images).
using RowFunction = void (*)(const int16_t* query, const int16_t* first, int64_t images, int64_t lines, int32_t* distances);

template <Metric metric>
void rows_portable(const int16_t* query, const int16_t* first, int64_t images, int64_t lines, int32_t* distances) {
  rows<metric>(query, first, images, lines, distances);
}
#if defined(__x86_64__)
template <Metric metric>
[[gnu::target("avx2")]] void rows_avx2(const int16_t* query, const int16_t* first, int64_t images, int64_t lines, int32_t* distances) {
  rows<metric>(query, first, images, lines, distances);
}
#endif

template <Metric metric>
RowFunction best_rows() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) return rows_avx2<metric>;
#endif
  return rows_portable<metric>;
}

using Counts = std::array<int64_t, 256>;  // votes by class

int32_t winner(const Counts& votes) { return static_cast<int32_t>(std::max_element(votes.begin(), votes.end()) - votes.begin()); }

// Whether `c` wins when `free` further votes may be taken from `tied`, at most so many of each class. It wins most easily with as many
// votes as it can get; the rest must go to classes that do not overtake it.
bool can_win(size_t c, const Counts& sure, const Counts& tied, int64_t free) {
  const int64_t own = std::min(tied[c], free), total = sure[c] + own;
  int64_t room = 0;
  for (size_t other = 0; other < sure.size(); ++other) {
    if (other == c) continue;
    const int64_t most = other < c ? total - 1 : total;  // of equal votes the lower class wins
    if (sure[other] > most) return false;
    room += std::min(tied[other], most - sure[other]);
  }
  return room >= free - own;
}

class ReferenceSearch : public NeighbourSearch {
 public:
  explicit ReferenceSearch(int threads) : pool_(threads) {}

  core::Result<void> fit(const data::SamplesView& train, int64_t k) override {
    if (auto sound = check_fit(train, k); !sound) return sound;
    train_ = train;
    k_ = k;
    return {};
  }
  void predict(const uint8_t* queries, int64_t count, int32_t* classes) override {
    std::vector<int32_t> all(static_cast<size_t>(count));
    for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int32_t>(i);
    const auto found = votes(train_, {queries, nullptr, count, train_.shape, train_.classes}, all, k_, Metric::kSquared, pool_);
    for (size_t i = 0; i < all.size(); ++i) classes[i] = found[i].predicted;
  }
  std::string kernel() const override { return "sums of squared differences"; }
  MemoryUse memory() const override {
    MemoryUse use;
    use.workspace = pool_.threads() * kGroup * train_.count * static_cast<int64_t>(sizeof(int32_t));
    return use;
  }

 private:
  core::ThreadPool pool_;
  data::SamplesView train_;
  int64_t k_ = 0;
};

}  // namespace

Vote vote(std::span<const int32_t> distances, const uint8_t* labels, int64_t k) {
  std::vector<int32_t> smallest(distances.begin(), distances.begin() + k);  // the k smallest, ascending
  std::sort(smallest.begin(), smallest.end());
  for (const int32_t d : distances.subspan(static_cast<size_t>(k))) {
    if (d >= smallest.back()) continue;
    smallest.pop_back();
    smallest.insert(std::upper_bound(smallest.begin(), smallest.end(), d), d);
  }
  const int32_t last = smallest.back();
  Counts sure{}, tied{}, chosen{};
  int64_t free = k;
  for (size_t i = 0; i < distances.size(); ++i) {
    if (distances[i] < last) ++sure[labels[i]];
  }
  for (const int64_t votes : sure) free -= votes;
  chosen = sure;
  int64_t taken = 0, at_last = 0;
  for (size_t i = 0; i < distances.size(); ++i) {
    if (distances[i] != last) continue;
    ++tied[labels[i]];
    ++at_last;
    if (taken++ < free) ++chosen[labels[i]];
  }
  Vote result;
  result.predicted = winner(chosen);
  result.possible.set(static_cast<size_t>(result.predicted));
  if (at_last == free) return result;
  for (size_t c = 0; c < sure.size(); ++c) result.possible.set(c, can_win(c, sure, tied, free));
  return result;
}

std::vector<Vote> votes(const data::SamplesView& train, const data::SamplesView& queries, std::span<const int32_t> chosen, int64_t k, Metric metric,
                        core::ThreadPool& pool) {
  const RowFunction row = metric == Metric::kSquared ? best_rows<Metric::kSquared>() : best_rows<Metric::kAbsolute>();
  const int64_t pixels = train.shape.size(), width = padded(pixels), count = static_cast<int64_t>(chosen.size());
  struct Scratch {
    std::vector<int16_t> queries, images;  // (kGroup, width), (kChunk, width)
    std::vector<int32_t> distances;        // (kGroup, images of train)
  };
  const auto size = [](int64_t a, int64_t b) { return static_cast<size_t>(a * b); };
  const Scratch empty{std::vector<int16_t>(size(kGroup, width)), std::vector<int16_t>(size(kChunk, width)), std::vector<int32_t>(size(kGroup, train.count))};
  std::vector<Scratch> scratch(static_cast<size_t>(pool.threads()), empty);
  std::vector<Vote> found(chosen.size());
  pool.run(static_cast<int>((count + kGroup - 1) / kGroup), [&](int group, int thread) {
    Scratch& s = scratch[static_cast<size_t>(thread)];
    const int64_t first = group * kGroup, queries_here = std::min(kGroup, count - first);
    for (int64_t q = 0; q < queries_here; ++q) widen(queries.pixels + chosen[static_cast<size_t>(first + q)] * pixels, 1, pixels, &s.queries[size(q, width)]);
    for (int64_t image = 0; image < train.count; image += kChunk) {
      const int64_t images = std::min(kChunk, train.count - image);
      widen(train.pixels + image * pixels, images, pixels, s.images.data());
      for (int64_t q = 0; q < queries_here; ++q) {
        row(&s.queries[size(q, width)], s.images.data(), images, width / kLine, &s.distances[size(q, train.count) + static_cast<size_t>(image)]);
      }
    }
    for (int64_t q = 0; q < queries_here; ++q) {
      found[static_cast<size_t>(first + q)] = vote({&s.distances[size(q, train.count)], static_cast<size_t>(train.count)}, train.labels, k);
    }
  });
  return found;
}

core::Result<std::unique_ptr<NeighbourSearch>> create_neighbours(const EngineOptions& options) {
  if (options.threads < 1) return core::usage_error(fmt::format("The reference cannot run on {} threads; ask for at least 1.", options.threads));
  return std::unique_ptr<NeighbourSearch>(std::make_unique<ReferenceSearch>(options.threads));
}

}  // namespace trainmark::backends::reference
