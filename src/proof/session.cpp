#include "proof/session.hpp"

#include <fmt/format.h>

#include "proof/dropout_masks.hpp"

namespace trainmark::proof {

void add_statement(Session& session, std::string check, bool passed, std::string detail) {
  session.report.findings.push_back({std::move(check), passed, 0, std::move(detail)});
}

void add_comparison(Session& session, std::string check, double ratio, std::string detail) {
  session.report.findings.push_back({std::move(check), ratio <= 1, ratio, std::move(detail)});
}

bool load_state(Session& session, core::TensorMap state, int64_t step) {
  state["step"] = core::TensorValues{{}, std::vector<int64_t>{step}};
  const std::vector<uint8_t> masks = session.masks_from_files ? dropout_masks(session.materials, step) : std::vector<uint8_t>();
  auto loaded = session.client.load(state, session.options.timeout_s, masks);
  return take(session, loaded) != nullptr;
}

std::optional<double> train_one(Session& session, int64_t step) {
  worker::TrainRequest request;
  request.first_step = step;
  request.steps = 1;
  auto trained = session.client.train(request, session.options.timeout_s);
  if (take(session, trained) == nullptr) return {};
  if (trained->losses.size() != 1) {
    session.failure =
        worker::Failure{worker::FailureKind::kProtocol, fmt::format("The worker answered one step with {} losses instead of one.", trained->losses.size())};
    return {};
  }
  return trained->losses[0];
}

std::optional<core::TensorMap> dump_state(Session& session) {
  auto dumped = session.client.dump(session.options.timeout_s);
  if (take(session, dumped) == nullptr) return {};
  return std::move(*dumped);
}

std::string number(double value) { return fmt::format("{:.3g}", value); }

void add_reference_error(Session& session, const std::string& check, const core::Error& error) {
  add_statement(session, check, false, "The reference could not run this check: " + error.message);
}

}  // namespace trainmark::proof
