// What a kernel gets: an operation with everything resolved that can be resolved before a step runs.
//
// A BoundOp is made once, when a plan is compiled. Running it costs one indirect call and, per operand, two
// multiplications and additions: no name is looked up, nothing is dispatched by type and nothing is allocated.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backends/backend.hpp"
#include "plan/plan.hpp"

namespace trainmark::backends::cpu {

struct ConvTables;
struct ConvRows;

/// The pixels' table of a step, in the form that the fastest exact gather wants. Made anew only when the table changes.
struct GatherTables {
  enum class Form : uint8_t {
    kScale,   ///< value = p high + p low, single precision: no mean is subtracted
    kLine,    ///< value = q high + (q low + rest), q = p - zero, single precision
    kAffine,  ///< value = p slope + offset in double precision, rounded once
    kTable,   ///< 256 entries, looked up
  };
  static constexpr int kForms = 4;
  struct Channel {
    Form form = Form::kTable;
    float high = 0, low = 0, zero = 0, rest = 0;
    double slope = 0, offset = 0;
    alignas(64) float table[256] = {};
    uint8_t background = 0;                  ///< a pixel, and
    float base = 0;                          ///< its value
    alignas(64) float difference[256] = {};  ///< table - base
  };
  std::vector<Channel> channels;
};

/// What a step reads and leaves behind beside tensors; one for all threads.
struct Step {
  const StepInput* input = nullptr;
  const GatherTables* gather = nullptr;
  float learning_rate = 0;
  double* losses = nullptr;        ///< (n) per image of the pass: written by the loss, summed in order when the step has ended
  uint8_t* correct = nullptr;      ///< (n) 1 where the largest logit is the label's
  int32_t* predictions = nullptr;  ///< (n) or null
};

/// Which part of an operation to compute, and where this thread's memory lies.
struct Context {
  int64_t image_begin = 0;  ///< first image of the chunk in the batch; 0 in stages that do not divide images
  int64_t images = 0;       ///< images of the chunk; else the batch
  int64_t row_begin = 0;    ///< rows of the output that is divided (see rows_of); all of them in stages of images
  int64_t row_end = 0;
  int64_t task = 0;
  bool first = true;             ///< first chunk of its task: partial gradients are stored, later ones are added
  uint8_t* scratch = nullptr;    ///< of this thread: tensors with Storage::kScratch
  uint8_t* workspace = nullptr;  ///< of this thread: for use within one kernel
  const Step* step = nullptr;
  int64_t rows() const { return row_end - row_begin; }
};

/// One operand: where its bytes for a context begin, and how they lie.
struct Operand {
  uint8_t* base = nullptr;  ///< null: in the thread's scratch
  int64_t offset = 0;       ///< bytes
  int64_t image_bytes = 0;  ///< to the next image; 0 where the tensor holds only the chunk, or no images
  int64_t row_bytes = 0;    ///< to the next row of a divided output, else 0
  int64_t copy_bytes = 0;   ///< to the next task's copy of a partial, else 0
  plan::Extents shape;
  plan::Layout layout = plan::Layout::kRowMajor;
  int64_t stride = 0;  ///< values between rows (images, or rows of a matrix)

  template <class T = float>
  T* at(const Context& context) const {
    uint8_t* const start = base != nullptr ? base : context.scratch;
    return reinterpret_cast<T*>(start + offset + image_bytes * context.image_begin + row_bytes * context.row_begin + copy_bytes * context.task);
  }
  bool lanes() const { return layout == plan::Layout::kImageLanes; }
  bool transposed() const { return layout == plan::Layout::kTransposed; }
  /// Position of element e (c, h, w) of image n of the chunk.
  int64_t index(int64_t n, int64_t e) const {
    if (lanes()) return (n / plan::kLanes * shape.per_image() + e) * plan::kLanes + n % plan::kLanes;
    return n * stride + e;
  }
};

struct BoundOp;
using KernelFunction = void (*)(const BoundOp&, const Context&);

struct BoundOp {
  KernelFunction run = nullptr;
  std::string kernel;         ///< name of the implementation
  double executed_share = 1;  ///< see Program::executed_share
  plan::Op op;                ///< kind, attributes, flags
  std::vector<Operand> in, out;
  int64_t batch = 0;        ///< images of the pass
  int64_t step_images = 0;  ///< of all passes of the step: what losses are averaged over
  int64_t classes = 0;
  int64_t rows = 1;           ///< of the divided output
  bool by_rows = false;       ///< stands in a stage that divides rows
  int64_t copies = 1;         ///< kSumRanges: of the product
  bool once = false;          ///< in a stage divided by another operation's rows: runs whole, with the first of them
  bool reads_pixels = false;  ///< its first input is the gathered batch: it may fetch the pixels of the next chunk
  bool accumulate = false;    ///< adds to its partial from the second chunk of a task on
  /// Gradients by weights with the update of those weights in the same pass: the update's operation, else null.
  const BoundOp* update = nullptr;
  /// Transposed copy of the parameter that this update keeps in step, if any; base null: none.
  Operand derived;
  bool has_derived = false;
  std::shared_ptr<const ConvTables> conv;     ///< convolutions over images as lanes
  std::shared_ptr<const ConvRows> conv_rows;  ///< convolutions over padded rows
};

}  // namespace trainmark::backends::cpu
