// Step times against the ceilings of the same run.
//
// Ceilings are those of the processor, so platforms on a GPU are left out: hello's `device` begins with "CPU" where it is the processor. The
// gate knows of the engines of trainmark what they execute, by their own word; it goes by the name of the platform, which no worker can choose.
#include <algorithm>
#include <map>

#include "analysis/comparison.hpp"
#include "analysis/diagnosis.hpp"
#include "analysis/step_work.hpp"
#include "backends/backend.hpp"

namespace trainmark::analysis {
namespace {

using Trials = std::vector<const store::TrialData*>;

bool on_processor(const store::TrialData& trial) {
  const auto device = core::get_or<std::string>(trial.trial.hello, "device", "", "hello");
  return device && device->rfind("CPU", 0) == 0;
}

bool has_convolutions(const workload::Workload& w) {
  const auto& layers = w.network.layers;
  return std::any_of(layers.begin(), layers.end(), [](const network::Layer& layer) { return std::holds_alternative<network::Conv2d>(layer.kind); });
}

/// What searches for neighbours may multiply is up to them: distances are exact integers.
double peak_for(const WorkloadResult& result, const ceilings::Ceilings& ceilings, const Roof& roof) {
  double peak = roof.peak_gops;
  if (!result.workload.neighbours) return peak;
  for (const char* type : {"float32", "bfloat16", "int8"}) peak = std::max(peak, ceilings::peak_gops(ceilings, type, result.threads).value_or(0));
  return peak;
}

BandwidthClaim claim_of(const char* what, int64_t bytes, int64_t working_set, double step_ns, const Roof& roof) {
  return {static_cast<double>(bytes), step_ns, static_cast<double>(working_set), static_cast<double>(roof.last_level_bytes), roof.most_memory_gbs, what};
}

std::vector<Finding> findings_of(const PlatformResult& r, const WorkloadResult& result, const LeastBytes& least, const ceilings::Ceilings& ceilings,
                                 const Roof& roof) {
  ArithmeticClaim arithmetic;
  arithmetic.gops = static_cast<double>(r.executed_flops.value_or(result.flops_per_step)) / r.step_ns.median;
  arithmetic.ceiling_gops = peak_for(result, ceilings, roof);
  arithmetic.threads = result.threads;
  arithmetic.executed = backends::find_backend(r.platform) != nullptr;
  arithmetic.verified = r.verdict == "verified";
  arithmetic.may_save = result.workload.neighbours.has_value() || has_convolutions(result.workload);
  return {judge(arithmetic), judge(claim_of("samples", least.input_bytes, least.input_set_bytes, r.step_ns.median, roof)),
          judge(claim_of("weights and their optimiser state", least.state_bytes, least.state_set_bytes, r.step_ns.median, roof))};
}

/// Of the steps that were taken apart, where some were.
std::vector<TimedOperation> timed_operations(const PlatformResult& r) {
  std::vector<TimedOperation> operations;
  if (!r.operations) return operations;
  for (const worker::OperationTime& part : r.operations->step.parts) operations.push_back({part.operation, part.phase, part.time_ns});
  return operations;
}

core::Json executed_shares(const store::TrialData& trial) {
  for (const trial::ReadingRecord& reading : trial.readings) {
    if (reading.kind == trial::kExecutedReading) return reading.figures.value("shares", core::Json::object());
  }
  return core::Json::object();
}

/// Only the engine `cpu` tells what it executes and touches, by the names of its kernels.
std::vector<Piece> implementation_of(const PlatformResult& r, const WorkloadResult& result, const Trials& trials) {
  if (r.platform != "cpu") return {};
  for (const store::TrialData* trial : trials) {
    if (trial->preparation) return implementation_pieces(result.workload, trial->preparation->kernels, executed_shares(*trial));
  }
  return {};
}

std::optional<int64_t> executed_flops(const std::vector<Piece>& implementation) {
  if (implementation.empty()) return std::nullopt;
  int64_t flops = 0;
  for (const Piece& piece : implementation) flops += piece.flops;
  return flops;
}

}  // namespace

std::optional<ceilings::Ceilings> ceilings_of(const store::RunData& data) {
  std::optional<ceilings::Ceilings> best;
  for (const trial::ReadingRecord& reading : data.readings) {
    if (reading.kind != trial::kCeilingsReading) continue;
    auto ceilings = ceilings::from_json(reading.figures);
    if (!ceilings) continue;  // of another version
    best = best ? ceilings::best_of(std::move(*best), *ceilings) : std::move(*ceilings);
  }
  return best;
}

void hold_against(WorkloadResult& result, const std::map<std::string, Trials>& trials, const ceilings::Ceilings& ceilings, const std::string& dtype) {
  result.roof = roof_of(ceilings, dtype, result.threads);
  const auto compulsory = compulsory_pieces(result.workload);
  const LeastBytes least = least_bytes(result.workload);
  for (PlatformResult& r : result.platforms) {
    const Trials& own = trials.at(r.platform);
    const auto roof = r.platform == "reference" ? roof_of(ceilings, "float64", result.threads) : result.roof;
    if (!roof || r.step_ns.n == 0 || r.step_ns.median <= 0 || !on_processor(*own.front())) continue;
    const auto implementation = implementation_of(r, result, own);
    r.executed_flops = executed_flops(implementation);
    r.plausibility = findings_of(r, result, least, ceilings, *roof);
    if (const Finding worst = gravest(r.plausibility); worst.plausibility == Plausibility::kInvalid) r.invalid = worst.reason;
    const double profiled_ns = r.operations ? r.operations->step.step_ns : 0;
    r.roofline = roofline(r.step_ns.median, compulsory, implementation, timed_operations(r), profiled_ns, *roof);
    const bool trusted = r.invalid.empty() && r.disturbed_blocks < r.blocks;  // a time that others have spoilt explains nothing
    if (trusted) r.diagnosis = diagnose(*r.roofline, *roof);
  }
}

}  // namespace trainmark::analysis
