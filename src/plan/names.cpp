// Words for the enumerations of a plan, and the sizes of tensors.
#include "core/check.hpp"
#include "plan/plan.hpp"

namespace trainmark::plan {

std::string_view op_name(OpKind kind) {
  static constexpr std::string_view kNames[] = {"gather",
                                                "conv2d",
                                                "dense",
                                                "relu",
                                                "max_pool",
                                                "average_pool",
                                                "add",
                                                "concat",
                                                "batch_norm_train",
                                                "batch_norm_evaluate",
                                                "dropout",
                                                "softmax_cross_entropy",
                                                "predict",
                                                "mean_squared_error",
                                                "activation",
                                                "layer_norm",
                                                "conv2d_grad_data",
                                                "conv2d_grad_weights",
                                                "dense_grad_data",
                                                "dense_grad_weights",
                                                "relu_grad",
                                                "max_pool_grad",
                                                "average_pool_grad",
                                                "concat_grad",
                                                "batch_norm_grad",
                                                "dropout_grad",
                                                "activation_grad",
                                                "layer_norm_grad_data",
                                                "layer_norm_grad_weights",
                                                "accumulate",
                                                "sum_squares",
                                                "clip_factor",
                                                "clip",
                                                "update",
                                                "convert_layout",
                                                "transpose",
                                                "reduce_partials",
                                                "dense_ranges",
                                                "sum_ranges"};
  static_assert(std::size(kNames) == static_cast<size_t>(OpKind::kSumRanges) + 1);
  return kNames[static_cast<size_t>(kind)];
}

std::string_view phase_name(Phase phase) {
  static constexpr std::string_view kNames[] = {"forward", "backward", "update"};
  return kNames[static_cast<size_t>(phase)];
}

const char* role_name(Role role) {
  static constexpr const char* kNames[] = {"parameter", "optimiser state",    "statistic", "activation", "saved",
                                           "gradient",  "parameter gradient", "partial",   "derived"};
  static_assert(std::size(kNames) == static_cast<size_t>(Role::kDerived) + 1);
  return kNames[static_cast<size_t>(role)];
}

std::string_view optimiser_name(Optimiser::Kind kind) {
  static constexpr std::string_view kNames[] = {"sgd", "adam", "adamw", "rmsprop"};
  static_assert(std::size(kNames) == static_cast<size_t>(Optimiser::Kind::kRmsprop) + 1);
  return kNames[static_cast<size_t>(kind)];
}

std::string_view loss_name(Loss::Kind kind) {
  static constexpr std::string_view kNames[] = {"softmax_cross_entropy", "mean_squared_error"};
  static_assert(std::size(kNames) == static_cast<size_t>(Loss::Kind::kMeanSquaredError) + 1);
  return kNames[static_cast<size_t>(kind)];
}

std::vector<std::string> state_suffixes(const Optimiser& optimiser) {
  const bool momentum = optimiser.momentum != 0;
  switch (optimiser.kind) {
    case Optimiser::Kind::kSgd:
      return momentum ? std::vector<std::string>{"momentum"} : std::vector<std::string>{};
    case Optimiser::Kind::kAdam:
    case Optimiser::Kind::kAdamW:
      return {"exp_avg", "exp_avg_sq"};
    case Optimiser::Kind::kRmsprop:
      return momentum ? std::vector<std::string>{"square_avg", "momentum"} : std::vector<std::string>{"square_avg"};
  }
  CHECK(false, "unknown optimiser");
}

bool is_optimiser_state(std::string_view name) {
  for (const std::string_view suffix : {".momentum", ".exp_avg", ".exp_avg_sq", ".square_avg"}) {
    if (name.ends_with(suffix)) return true;
  }
  return false;
}

int64_t element_bytes(DataType type, int64_t real_bytes) {
  switch (type) {
    case DataType::kReal:
      return real_bytes;
    case DataType::kU8:
      return 1;
    case DataType::kI32:
      return 4;
  }
  CHECK(false, "unknown data type");
}

int64_t stored_bytes(const Tensor& tensor, int64_t images, int64_t real_bytes) {
  int64_t count = tensor.batched && images > 0 ? images : tensor.shape.n;
  int64_t values = tensor.shape.per_image();
  if (tensor.layout == Layout::kImageLanes) count = round_up(count, kLanes);
  if (tensor.layout == Layout::kPaddedRows) values = round_up(values, kLanes);
  if (tensor.layout == Layout::kTransposed) count = round_up(count, kLanes);
  return count * values * tensor.copies * element_bytes(tensor.type, real_bytes);
}

int find_tensor(const Plan& plan, std::string_view name) {
  for (size_t i = 0; i < plan.tensors.size(); ++i) {
    if (plan.tensors[i].name == name) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace trainmark::plan
