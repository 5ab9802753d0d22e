// Requests with their files. A file that a worker writes is named by the request, read once and removed.
#include "worker/client.hpp"

#include <fmt/format.h>

#include <limits>

#include "worker/answers.hpp"
#include "worker/raw_file.hpp"

namespace trainmark::worker {
namespace {

namespace fs = std::filesystem;
using core::Json;

/// A file that one side makes for one request and the other reads; removed in any case.
class TransferFile {
 public:
  TransferFile(const fs::path& folder, std::string_view name) : path_(fs::absolute(folder) / name) { remove(); }
  TransferFile(const TransferFile&) = delete;
  TransferFile& operator=(const TransferFile&) = delete;
  ~TransferFile() { remove(); }
  const fs::path& path() const { return path_; }
  std::string string() const { return path_.string(); }

 private:
  void remove() const {
    std::error_code ignored;
    fs::remove(path_, ignored);
  }
  fs::path path_;
};

// The initial state is F32 without optimiser state; Adam's in F64 has three times the tensors, each twice as large. Rounded up.
constexpr uintmax_t kLargestStateRatio = 8;

Failure wrong_file(std::string_view request, const core::Error& error) {
  return {FailureKind::kProtocol, fmt::format("the worker answered '{}', but {}", request, error.message)};
}

/// Paths below `folder` are sent relative to it, so that a long list of orders fits a line.
std::string name_in(const fs::path& path, const fs::path& folder) {
  const fs::path relative = path.lexically_relative(folder);
  return relative.empty() || *relative.begin() == ".." ? path.string() : relative.string();
}

Json files_to_json(const workload::MaterialFiles& files, std::string_view request) {
  const fs::path folder = files.workload.parent_path();
  Json orders = Json::array();
  for (const fs::path& order : files.orders) orders.push_back(name_in(order, folder));
  return {{"request", request},
          {"folder", folder.string()},
          {"workload", name_in(files.workload, folder)},
          {"seed", files.seed},
          {"initial_state", name_in(files.initial_state, folder)},
          {"tables", name_in(files.tables, folder)},
          {"orders", orders},
          {"order_of_epoch", files.order_of_epoch},
          {"samples", files.samples}};
}

}  // namespace

Answer<Json> Client::call(Json request, double timeout_s) {
  request["id"] = next_id_++;
  return channel_.call(request, timeout_s);
}

Answer<Hello> Client::hello(double timeout_s) {
  const auto ok = call({{"request", "hello"}, {"protocol", kProtocolVersion}}, timeout_s);
  if (!ok) return ok.failure();
  return read_hello(*ok);
}

Answer<Prepared> Client::prepare(const workload::MaterialFiles& files, int64_t threads, const std::string& dtype, double timeout_s, int64_t device) {
  std::error_code ignored;  // a missing file is the worker's to report
  const uintmax_t initial = fs::file_size(files.initial_state, ignored);
  if (!ignored) largest_state_ = kLargestStateRatio * initial + kSmallStateBytes;
  Json request = files_to_json(files, "prepare");
  request["threads"] = threads;
  request["dtype"] = dtype;
  request["device"] = device;
  const auto ok = call(std::move(request), timeout_s);
  if (!ok) return ok.failure();
  return read_prepared(*ok);
}

Answer<bool> Client::reset(const workload::MaterialFiles& files, double timeout_s) {
  const auto ok = call(files_to_json(files, "reset"), timeout_s);
  if (!ok) return ok.failure();
  return true;
}

Answer<Trained> Client::train(const TrainRequest& request, double timeout_s) {
  const TransferFile losses(folder_, fmt::format("losses-{}.f64", next_id_)), times(folder_, fmt::format("times-{}.u64", next_id_)),
      correct(folder_, fmt::format("correct-{}.i32", next_id_));
  const bool per_step = request.granularity == Granularity::kStep;
  Json json = {{"request", "train"},        {"first_step", request.first_step}, {"steps", request.steps}, {"granularity", per_step ? "step" : "epoch"},
               {"losses", losses.string()}, {"times", times.string()}};
  if (request.want_correct) json["correct"] = correct.string();
  const auto ok = call(std::move(json), timeout_s);
  if (!ok) return ok.failure();
  const auto crc = read_indices_crc(*ok);
  if (!crc) return crc.failure();
  Trained trained;
  trained.indices_crc = *crc;
  auto loss_values = read_raw<double>(losses.path(), request.steps);
  if (!loss_values) return wrong_file("train", loss_values.error());
  trained.losses = std::move(*loss_values);
  const auto time_values = read_raw<uint64_t>(times.path(), per_step ? request.steps : 1);
  if (!time_values) return wrong_file("train", time_values.error());
  for (const uint64_t time : *time_values) {
    if (time > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
      return Failure{FailureKind::kProtocol, fmt::format("the worker answered 'train', but one of its times is {} ns, which no training takes", time)};
    }
    trained.times_ns.push_back(static_cast<int64_t>(time));
  }
  if (!request.want_correct) return trained;
  auto correct_values = read_raw<int32_t>(correct.path(), request.steps);
  if (!correct_values) return wrong_file("train", correct_values.error());
  trained.correct = std::move(*correct_values);
  return trained;
}

Answer<Evaluated> Client::evaluate(int64_t sample_count, double timeout_s) {
  const TransferFile predictions(folder_, fmt::format("predictions-{}.i32", next_id_));
  const auto ok = call({{"request", "evaluate"}, {"split", "evaluation"}, {"predictions", predictions.string()}}, timeout_s);
  if (!ok) return ok.failure();
  const auto numbers = read_evaluated(*ok);
  if (!numbers) return numbers.failure();
  auto classes = read_raw<int32_t>(predictions.path(), sample_count);
  if (!classes) return wrong_file("evaluate", classes.error());
  return Evaluated{std::move(*classes), numbers->loss, numbers->elapsed_ns};
}

Answer<int64_t> Client::fit(double timeout_s) {
  const auto ok = call({{"request", "fit"}}, timeout_s);
  if (!ok) return ok.failure();
  return read_elapsed(*ok, "fit");
}

Answer<Predicted> Client::predict(int64_t first, int64_t count, double timeout_s) {
  const TransferFile predictions(folder_, fmt::format("predictions-{}.i32", next_id_));
  const auto ok = call({{"request", "predict"}, {"first", first}, {"count", count}, {"predictions", predictions.string()}}, timeout_s);
  if (!ok) return ok.failure();
  const auto elapsed = read_elapsed(*ok, "predict");
  if (!elapsed) return elapsed.failure();
  auto classes = read_raw<int32_t>(predictions.path(), count);
  if (!classes) return wrong_file("predict", classes.error());
  return Predicted{std::move(*classes), *elapsed};
}

Answer<bool> Client::load(const core::TensorMap& state, double timeout_s, std::span<const uint8_t> dropout_masks) {
  const TransferFile file(folder_, fmt::format("load-{}.safetensors", next_id_));
  if (auto written = core::write_safetensors(file.path(), state); !written) return Failure{FailureKind::kFailed, written.error().message};
  Json request = {{"request", "load"}, {"state", file.string()}};
  const TransferFile masks(folder_, fmt::format("masks-{}.u8", next_id_));
  if (!dropout_masks.empty()) {
    if (auto written = write_raw<uint8_t>(masks.path(), dropout_masks); !written) return Failure{FailureKind::kFailed, written.error().message};
    request["dropout_masks"] = masks.string();
  }
  const auto ok = call(std::move(request), timeout_s);
  if (!ok) return ok.failure();
  return true;
}

namespace {

// Read, not mapped: the worker still lives and could cut the file off while it is looked at.
Answer<core::TensorMap> read_dump(const TransferFile& file, uintmax_t limit) {
  std::error_code unreadable;
  const uintmax_t size = fs::file_size(file.path(), unreadable);
  if (!unreadable && size > limit) {
    return wrong_file("dump", core::usage_error(fmt::format("its file has {} bytes; no state of this workload has more than {}", size, limit)));
  }
  const auto bytes = core::read_file_of(file.path(), unreadable ? 0 : size);
  if (!bytes) return wrong_file("dump", bytes.error());
  auto state = core::parse_safetensors(std::as_bytes(std::span(*bytes)), file.path());
  if (!state) return wrong_file("dump", state.error());
  return std::move(*state);
}

}  // namespace

Answer<core::TensorMap> Client::dump(double timeout_s) {
  const TransferFile file(folder_, fmt::format("dump-{}.safetensors", next_id_));
  const auto ok = call({{"request", "dump"}, {"what", "state"}, {"file", file.string()}}, timeout_s);
  if (!ok) return ok.failure();
  return read_dump(file, largest_state_);
}

Answer<core::TensorMap> Client::dump_gradients(double timeout_s) {
  const TransferFile file(folder_, fmt::format("gradients-{}.safetensors", next_id_));
  const auto ok = call({{"request", "dump"}, {"what", "gradients"}, {"file", file.string()}}, timeout_s);
  if (!ok) return ok.failure();
  return read_dump(file, largest_state_);
}

Answer<MemoryReport> Client::memory(double timeout_s) {
  const auto ok = call({{"request", "memory"}}, timeout_s);
  if (!ok) return ok.failure();
  return read_memory(*ok);
}

Answer<StepOperations> Client::operations(int64_t first_step, int64_t steps, double timeout_s) {
  const auto ok = call({{"request", "operations"}, {"first_step", first_step}, {"steps", steps}}, timeout_s);
  if (!ok) return ok.failure();
  return read_operations(*ok);
}

Answer<bool> Client::quit(double timeout_s) {
  const auto ok = call({{"request", "quit"}}, timeout_s);
  if (!ok) return ok.failure();
  return true;
}

}  // namespace trainmark::worker
