// What every kernel of the reference gets: arrays with their twin of magnitudes, threads, scratch, and the order of sums.
//
// Magnitudes. Beside each value that is a sum stands, when asked for, the sum of the absolute values of its terms: the
// scale of the rounding errors that any correct engine may make. Sums (convolutions, dense layers, their gradients,
// batch-norm) start it anew from the values; elementwise operations carry it along.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "backends/backend.hpp"
#include "backends/reference/order.hpp"
#include "backends/reference/tile.hpp"
#include "core/thread_pool.hpp"

namespace trainmark::backends::reference {

/// A real tensor. `magnitudes` is null for all arrays of a run, or for none.
template <class T>
struct Array {
  T* values = nullptr;
  T* magnitudes = nullptr;
  plan::Extents shape;

  explicit operator bool() const { return values != nullptr; }
};

/// Choices that a small error could turn: signs at ReLUs, winners of pools.
struct Decisions {
  double tie_threshold = 0;  ///< in units of float32's epsilon times the magnitude
  bool turn = false;         ///< near ties are decided the other way
  std::atomic<int64_t> count{0};
  std::atomic<int64_t> near_ties{0};
  std::atomic<uint64_t> hash{0};  ///< of all choices: two runs that chose alike have the same
};

/// Memory of one thread for a tile and what it is made of.
template <class T>
struct alignas(64) Scratch {
  static constexpr int64_t kRows = 64;  ///< rows of outputs per task
  alignas(64) T b[kTileDepth * kTileColumns];
  alignas(64) T b_absolute[kTileDepth * kTileColumns];
  alignas(64) T a[kTileDepth * kTileRows];
  alignas(64) T sums[kRows * kTileColumns];
  alignas(64) T magnitudes[kRows * kTileColumns];
  int64_t offsets[kTileDepth];
};

template <class T>
struct Context {
  core::ThreadPool* pool = nullptr;
  std::vector<Scratch<T>>* scratch = nullptr;  ///< one per thread of the pool
  uint64_t order_seed = 0;                     ///< of this operation's sums
  Decisions* decisions = nullptr;              ///< null: not counted
};

/// What a step yields, in full.
struct StepResults {
  double loss = 0, loss_magnitude = 0;
  int64_t correct = 0;
  int32_t* predictions = nullptr;      ///< (batch) or null
  double* margins = nullptr;           ///< (batch) or null: largest minus second largest logit
  double* logit_magnitudes = nullptr;  ///< (batch) or null: of the two
};

/// Calls body(begin, end) for pieces of [0, n); the pieces depend on n alone.
template <class T, class Body>
void for_elements(const Context<T>& context, int64_t n, const Body& body) {
  constexpr int64_t kPiece = 16384;
  const int64_t pieces = (n + kPiece - 1) / kPiece;
  context.pool->run(static_cast<int>(pieces), [&](int piece, int) { body(piece * kPiece, std::min(n, (piece + 1) * kPiece)); });
}

/// Calls body(i) for i in [0, n): images, channels or planes.
template <class T, class Body>
void for_each(const Context<T>& context, int64_t n, const Body& body) {
  context.pool->run(static_cast<int>(n), [&](int i, int) { body(static_cast<int64_t>(i)); });
}

}  // namespace trainmark::backends::reference
