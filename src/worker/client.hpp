// The supervisor's side of the protocol: typed requests and answers over a channel of JSON lines. docs/protocol.md is
// the contract; this header is its C++ form.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/tensor_file.hpp"
#include "worker/operations.hpp"
#include "workload/materials.hpp"

namespace trainmark::worker {

/// Version of the protocol that this program speaks.
inline constexpr int64_t kProtocolVersion = 1;

/// Why a request got no answer. The first three are the worker's own words.
enum class FailureKind { kUnsupported, kFailed, kOutOfMemory, kCrashed, kTimedOut, kProtocol, kInterrupted };
std::string_view failure_name(FailureKind kind);

struct Failure {
  FailureKind kind = FailureKind::kFailed;
  std::string message;  ///< a sentence
};

/// A value or a Failure.
template <class T>
class [[nodiscard]] Answer {
 public:
  Answer(T value) : value_(std::move(value)) {}
  Answer(Failure failure) : failure_(std::move(failure)) {}
  explicit operator bool() const { return value_.has_value(); }
  bool ok() const { return value_.has_value(); }
  T& operator*() { return *value_; }
  const T& operator*() const { return *value_; }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }
  const Failure& failure() const { return failure_; }

 private:
  std::optional<T> value_;
  Failure failure_;
};

/// Carries one request line to a worker and its answer line back. The supervisor implements it over a process.
class Channel {
 public:
  virtual ~Channel() = default;
  /// `request` has an "id"; the answer is the member "ok" of the line with that id. Errors of the worker and of the
  /// transport are Failures.
  virtual Answer<core::Json> call(const core::Json& request, double timeout_s) = 0;
};

struct Hello {
  int64_t protocol = 0;
  std::string platform, framework, device;
  core::Json versions;  ///< library name -> version
  int64_t threads = 0;
  std::vector<std::string> dtypes, layers, modes, optimisers, abilities;
  std::vector<std::string> methods = {"training"};  ///< what it can be used for; kTraining, kNeighbours
  std::optional<std::string> unavailable, remedy;   ///< reason and remedy when the platform cannot run here
  core::Json raw;
};

/// What a workload asks for: one of the words of hello's `methods`.
inline constexpr const char* kTraining = "training";
inline constexpr const char* kNeighbours = "neighbours";

struct Prepared {
  int64_t build_ns = 0, compile_ns = 0, input_ns = 0, input_bytes = 0;
  core::Json kernels;          ///< operation -> implementation, where known
  core::Json executed_shares;  ///< operation -> part of its counted FLOPs that is executed, where less than all
};

enum class Granularity { kEpoch, kStep };  ///< one time for the whole request, or one per step

struct TrainRequest {
  int64_t first_step = 0;
  int64_t steps = 0;
  Granularity granularity = Granularity::kEpoch;
  bool want_correct = false;  ///< correct answers per step
};

struct Trained {
  std::vector<double> losses;     ///< (steps) mean loss of each batch before its update
  std::vector<int64_t> times_ns;  ///< (1) or (steps)
  std::vector<int32_t> correct;   ///< (steps) or empty
  uint32_t indices_crc = 0;       ///< CRC-32 of the consumed sample indices as little-endian int32, in order
};

struct Evaluated {
  std::vector<int32_t> predictions;  ///< class of every sample of the split
  double loss = 0;                   ///< mean over the split
  int64_t elapsed_ns = 0;
};

/// The classes of some queries.
struct Predicted {
  std::vector<int32_t> predictions;
  int64_t elapsed_ns = 0;
};

/// Bytes, where the worker can tell.
struct MemoryReport {
  std::optional<int64_t> parameters, optimiser_state, input, activations, gradients, workspace, device_peak, allocator;
};

/// Typed requests. Bulk data go through files in `folder`, which both sides can read and write.
class Client {
 public:
  Client(Channel& channel, std::filesystem::path folder) : channel_(channel), folder_(std::move(folder)) {}

  Answer<Hello> hello(double timeout_s);
  /// `device`: which one of several, for platforms that have more than one.
  Answer<Prepared> prepare(const workload::MaterialFiles& files, int64_t threads, const std::string& dtype, double timeout_s, int64_t device = 0);
  Answer<Trained> train(const TrainRequest& request, double timeout_s);
  /// Nearest neighbours: takes the training samples in; the nanoseconds that it took.
  Answer<int64_t> fit(double timeout_s);
  /// Nearest neighbours: the classes of samples [first, first + count) of the evaluation split.
  Answer<Predicted> predict(int64_t first, int64_t count, double timeout_s);
  Answer<Evaluated> evaluate(int64_t sample_count, double timeout_s);  ///< of the evaluation split
  /// `dropout_masks`: of the one step that follows, for workers with that ability (docs/protocol.md); else empty.
  Answer<bool> load(const core::TensorMap& state, double timeout_s, std::span<const uint8_t> dropout_masks = {});
  Answer<core::TensorMap> dump(double timeout_s);
  Answer<core::TensorMap> dump_gradients(double timeout_s);
  Answer<MemoryReport> memory(double timeout_s);
  /// Where the time of these steps goes; for workers with that ability. The worker's state is that of no training afterwards.
  Answer<StepOperations> operations(int64_t first_step, int64_t steps, double timeout_s);
  Answer<bool> reset(const workload::MaterialFiles& files, double timeout_s);
  Answer<bool> quit(double timeout_s);

 private:
  static constexpr uintmax_t kSmallStateBytes = 1 << 20;  // more than any header of a state
  Answer<core::Json> call(core::Json request, double timeout_s);
  Channel& channel_;
  std::filesystem::path folder_;
  int64_t next_id_ = 1;
  uintmax_t largest_state_ = kSmallStateBytes;  ///< bytes of a dump that is still read; grows with the state of prepare
};

}  // namespace trainmark::worker
