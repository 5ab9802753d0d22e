// All queries are checked where the reference needs a few seconds for them, else a random part, and the finding says so.
#include "proof/neighbours.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "backends/reference/neighbours.hpp"
#include "core/philox.hpp"
#include "proof/neighbour_hypotheses.hpp"

namespace trainmark::proof {
namespace {

using backends::reference::Vote;

constexpr double kMostTerms = 5e11;      // differences of pixels: all of MNIST is 4.7e11, some ten seconds of two cores
constexpr int64_t kLeastQueries = 1000;  // checked in any case
constexpr int64_t kMostAgain = 300;      // queries that are asked for once more
constexpr size_t kExplained = 100;       // wrong predictions, and as many right ones, that an explanation must fit
constexpr uint64_t kStream = 0x6b6e6e;   // "knn": keeps these draws apart from other uses of the seed

struct Session {
  worker::Client& client;
  const workload::Materials& materials;
  const ProofOptions& options;
  core::ThreadPool pool;
  std::map<int32_t, Vote> truth;  // of the queries that were computed
  ProofReport report;
  std::optional<worker::Failure> failure;
};

void state(Session& session, std::string check, bool passed, std::string detail) {
  session.report.findings.push_back({std::move(check), passed, 0, std::move(detail)});
}

// Adds the exact votes on the queries that have none yet.
void compute(Session& session, std::vector<int32_t> queries) {
  std::erase_if(queries, [&](int32_t query) { return session.truth.count(query) > 0; });
  const auto& m = session.materials;
  const auto votes = backends::reference::votes(m.train, m.evaluation, queries, m.workload.neighbours->k, backends::reference::Metric::kSquared, session.pool);
  for (size_t i = 0; i < queries.size(); ++i) session.truth.emplace(queries[i], votes[i]);
}

// The queries that are checked of those below `count`: all, or a random part, ascending.
std::vector<int32_t> choose(const Session& session, int64_t count) {
  std::vector<int32_t> all(static_cast<size_t>(count));
  std::iota(all.begin(), all.end(), 0);
  const auto& train = session.materials.train;
  const auto affordable = static_cast<int64_t>(kMostTerms / (static_cast<double>(train.count) * static_cast<double>(train.shape.size())));
  const int64_t wanted = std::min(count, std::max(kLeastQueries, affordable));
  core::Philox random(session.materials.seed, kStream);
  for (int64_t i = 0; i < wanted && wanted < count; ++i) {
    std::swap(all[static_cast<size_t>(i)], all[static_cast<size_t>(i + random.below(static_cast<uint32_t>(count - i)))]);
  }
  all.resize(static_cast<size_t>(wanted));
  std::sort(all.begin(), all.end());
  return all;
}

bool is_right(const Session& session, const GivenClass& g) {
  return g.given >= 0 && g.given < session.materials.evaluation.classes && session.truth.at(g.query).possible.test(static_cast<size_t>(g.given));
}

// Evenly picked wrong predictions and right ones.
std::vector<GivenClass> to_explain(const std::vector<GivenClass>& wrong, const std::vector<GivenClass>& right) {
  std::vector<GivenClass> picked;
  for (const auto* all : {&wrong, &right}) {
    const size_t count = std::min(kExplained, all->size());
    for (size_t i = 0; i < count; ++i) picked.push_back((*all)[i * all->size() / count]);
  }
  return picked;
}

// Holds predictions, whose truth is known, against it.
void compare(Session& session, const std::string& check, const std::vector<GivenClass>& given, const std::string& what) {
  std::vector<GivenClass> wrong, right;
  int64_t ties = 0;
  for (const GivenClass& g : given) {
    (is_right(session, g) ? right : wrong).push_back(g);
    ties += is_right(session, g) && g.given != session.truth.at(g.query).predicted ? 1 : 0;
  }

  if (!wrong.empty()) {
    const std::string looks = explain_predictions(session.materials, to_explain(wrong, right), session.pool);
    return state(session, check, false,
                 fmt::format("{} of {} {} are not those of exact distances; the first is query {}, of class {} but given as {}{}.", wrong.size(), given.size(),
                             what, wrong[0].query, session.truth.at(wrong[0].query).predicted, wrong[0].given, looks));
  }
  const std::string tied = ties == 0 ? "" : fmt::format("; {} follow another choice among equally distant images than that of the lowest indices", ties);
  state(session, check, true, fmt::format("All {} {} are those of exact integer distances{}.", given.size(), what, tied));
}

void check_recorded(Session& session, const TimedEvidence& evidence) {
  const workload::Workload& workload = session.materials.workload;
  int64_t next = 0, queries = 0;
  for (const TimedPredictions& step : evidence.predictions) {
    const bool whole = step.step == next++ && static_cast<int64_t>(step.classes.size()) == workload::batch_of_step(workload, step.step);
    if (!whole) return state(session, "recorded predictions", false, fmt::format("Timed step {} is missing or not whole.", next - 1));
    queries = std::max(queries, workload::first_query_of_step(workload, step.step) + static_cast<int64_t>(step.classes.size()));
  }
  const std::vector<int32_t> chosen = choose(session, queries);
  compute(session, chosen);
  std::vector<GivenClass> given;
  for (const TimedPredictions& step : evidence.predictions) {
    const auto first = static_cast<int32_t>(workload::first_query_of_step(workload, step.step));
    for (size_t i = 0; i < step.classes.size(); ++i) {
      const GivenClass g{first + static_cast<int32_t>(i), step.classes[i]};
      if (session.truth.count(g.query) > 0) given.push_back(g);
    }
  }
  const bool all = static_cast<int64_t>(chosen.size()) == queries;
  compare(session, "timed predictions", given,
          all ? "predictions of the timed blocks" : fmt::format("checked predictions of the timed blocks ({} random queries of {})", chosen.size(), queries));
}

// Queries asked for again across the edges of batches, and the last one alone: no answer may depend on its batch.
void check_again(Session& session) {
  const workload::Workload& workload = session.materials.workload;
  const int64_t count = session.materials.evaluation.count, batch = workload::batch_of_step(workload, 0);
  const int64_t first = std::max<int64_t>(0, std::min(batch, count) - kMostAgain / 2);
  std::vector<GivenClass> given;
  for (const auto& [begin, queries] : {std::pair{first, std::min(count - first, kMostAgain)}, std::pair{count - 1, int64_t{1}}}) {
    const auto predicted = session.client.predict(begin, queries, session.options.timeout_s);
    if (!predicted) {
      session.failure = predicted.failure();
      return;
    }
    for (int64_t i = 0; i < queries; ++i) given.push_back({static_cast<int32_t>(begin + i), predicted->predictions.at(static_cast<size_t>(i))});
  }
  std::vector<int32_t> queries;
  for (const GivenClass& g : given) queries.push_back(g.query);
  std::sort(queries.begin(), queries.end());
  queries.erase(std::unique(queries.begin(), queries.end()), queries.end());
  compute(session, queries);
  compare(session, "other batches", given, "predictions given again in other batches");
}

ProofReport conclude(Session& session) {
  ProofReport& report = session.report;
  report.smallest_fault = std::nan("");  // there are no gradients
  const auto failed = std::find_if(report.findings.begin(), report.findings.end(), [](const Finding& f) { return !f.passed; });
  if (failed != report.findings.end()) {
    report.verdict = Verdict::kFailed;
    report.summary = fmt::format("failed, {}: {}", failed->check, failed->detail);
  } else if (session.failure) {
    const bool unsupported = session.failure->kind == worker::FailureKind::kUnsupported;
    report.verdict = unsupported ? Verdict::kUnchecked : Verdict::kFailed;
    report.summary = fmt::format("{}: the worker gave no answer to the proof ({}): {}", verdict_name(report.verdict),
                                 worker::failure_name(session.failure->kind), session.failure->message);
    if (!unsupported) state(session, "proof", false, report.summary);
  } else {
    report.verdict = Verdict::kVerified;
    report.summary = "verified:";
    for (const Finding& finding : report.findings) report.summary += " " + finding.detail;
    report.summary.pop_back();
  }
  return std::move(report);
}

}  // namespace

ProofReport prove_neighbours(worker::Client& client, const workload::Materials& materials, const TimedEvidence& evidence, const ProofOptions& options) {
  Session session{client, materials, options, core::ThreadPool(options.threads), {}, {}, {}};
  if (!evidence.predictions.empty()) check_recorded(session, evidence);
  check_again(session);
  return conclude(session);
}

}  // namespace trainmark::proof
