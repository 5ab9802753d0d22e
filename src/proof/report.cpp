#include "proof/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace trainmark::proof {
namespace {

core::Json finite_or_null(double value) { return std::isfinite(value) ? core::Json(value) : core::Json(nullptr); }

// The finding that says most: a wrong single step carries a diagnosis.
const Finding* first_failed(const ProofReport& report) {
  const Finding* found = nullptr;
  for (const Finding& finding : report.findings) {
    if (finding.passed) continue;
    // A loss that is no number says why by itself; the steps that follow can only repeat that something is wrong.
    if (finding.check.starts_with("single step") || finding.check == "recorded losses") return &finding;
    if (found == nullptr) found = &finding;
  }
  return found;
}

}  // namespace

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kVerified:
      return "verified";
    case Verdict::kFailed:
      return "failed";
    case Verdict::kUnchecked:
      return "unchecked";
  }
  return "unchecked";
}

core::Json to_json(const ProofReport& report) {
  core::Json findings = core::Json::array();
  for (const Finding& f : report.findings)
    findings.push_back({{"check", f.check}, {"passed", f.passed}, {"ratio", finite_or_null(f.ratio)}, {"detail", f.detail}});
  return {{"verdict", verdict_name(report.verdict)},
          {"summary", report.summary},
          {"smallest_fault", finite_or_null(report.smallest_fault)},
          {"findings", findings}};
}

ProofReport conclude(Session& session) {
  ProofReport& report = session.report;
  for (const auto& [name, fault] : session.smallest_fault) report.smallest_fault = std::max(report.smallest_fault, fault);
  if (const Finding* failed = first_failed(report)) {
    report.verdict = Verdict::kFailed;
    report.summary = fmt::format("failed, {}: {}", failed->check, failed->detail);
  } else if (session.failure && session.failure->kind == worker::FailureKind::kUnsupported) {
    report.verdict = Verdict::kUnchecked;
    report.summary = "unchecked: the worker does not support what the proof needs: " + session.failure->message;
  } else if (session.failure) {
    report.verdict = Verdict::kFailed;
    report.summary =
        fmt::format("failed: the worker gave no answer to the proof ({}): {}", worker::failure_name(session.failure->kind), session.failure->message);
    add_statement(session, "proof", false, report.summary);
  } else {
    double largest = 0;
    for (const Finding& finding : report.findings) largest = std::max(largest, finding.ratio);
    report.verdict = Verdict::kVerified;
    report.summary = fmt::format(
        "verified by {} checks, the largest error being {:.2g} of its tolerance; a relative error of {:.2g} in any gradient tensor would have been noticed",
        report.findings.size(), largest, report.smallest_fault);
    if (session.masks_from_files)
      report.summary += "; single steps with dropout masks from files, timed steps with the worker's own, whose losses were not compared";
  }
  return std::move(report);
}

}  // namespace trainmark::proof
