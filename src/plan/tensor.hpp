// Tensors of a plan: shape, type, role, and where they live.
#pragma once

#include <cstdint>
#include <string>

namespace trainmark::plan {

/// Up to four extents; unused ones are 1. Activations (n, c, h, w); dense weights (o, i, 1, 1); convolution weights
/// (o, i / groups, kh, kw); vectors (c, 1, 1, 1).
struct Extents {
  int64_t n = 1, c = 1, h = 1, w = 1;
  int64_t size() const { return n * c * h * w; }
  int64_t per_image() const { return c * h * w; }
  bool operator==(const Extents&) const = default;
};

/// `kReal` is the number type of the engine: float32 in `cpu`, float64 in `reference`.
enum class DataType : uint8_t { kReal, kU8, kI32 };

enum class Role : uint8_t {
  kParameter,          ///< learned; kept between steps
  kOptimiserState,     ///< momentum and the like; kept between steps
  kStatistic,          ///< running statistics of batch-norm; kept between steps
  kActivation,         ///< forward values, one per image
  kSaved,              ///< what the backward pass needs beside activations: pool winners, dropout masks, batch statistics
  kGradient,           ///< gradient of an activation, one per image
  kParameterGradient,  ///< gradient of a parameter, averaged over the batch
  kPartial,            ///< one copy per task of a stage, not yet summed: of a parameter gradient, or (batched) of a product
  kDerived,            ///< another form of a parameter (its transpose), made anew each step
};

/// How the values of an activation lie in memory.
enum class Layout : uint8_t {
  kRowMajor,    ///< (n, c, h, w), as written
  kImageLanes,  ///< (n / 16, c, h, w, 16 images): images are the lanes of vectors; the last group is padded
  kPaddedRows,  ///< (n, c h w), every row padded to a multiple of 16 values
  kTransposed,  ///< dense weights as (c h w, n): inputs outermost, every row padded to a multiple of 16 values
};

enum class Storage : uint8_t {
  kState,    ///< owned by the engine, outlives the step
  kArena,    ///< at `offset` in the arena shared by all steps
  kScratch,  ///< at `offset` in the scratch memory of the thread that runs a chunk: never seen by another task
};

struct Tensor {
  std::string name;
  Extents shape;
  DataType type = DataType::kReal;
  Role role = Role::kActivation;
  Layout layout = Layout::kRowMajor;
  Storage storage = Storage::kArena;
  bool batched = false;  ///< shape.n counts the images of the batch
  int alias_of = -1;     ///< the same values under another shape (flatten): index of the tensor that owns the bytes
  int64_t copies = 1;    ///< kPartial: one copy per task
  int64_t offset = -1;   ///< bytes from the start of its storage; -1 until plan_arena, and for kState
};

/// Bytes of one value, for a given size of kReal.
int64_t element_bytes(DataType type, int64_t real_bytes = 4);

/// Bytes of the tensor as stored: lanes padded, copies counted. `images` > 0 replaces the batch of a batched tensor (for
/// scratch memory, which holds one chunk).
int64_t stored_bytes(const Tensor& tensor, int64_t images = 0, int64_t real_bytes = 4);

/// Images per group in Layout::kImageLanes. Fixed for all instruction sets: a narrower machine uses several vectors.
inline constexpr int64_t kLanes = 16;

/// Every tensor begins on a multiple of this many bytes: a cache line, and the widest vector.
inline constexpr int64_t kAlignment = 64;

constexpr int64_t round_up(int64_t value, int64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

const char* role_name(Role role);

}  // namespace trainmark::plan
