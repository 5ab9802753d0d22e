// How the trials of a platform ended, and what their verdicts come to. One repetition that was interrupted or crashed does
// not take the verdict from those that finished; one that failed the proof does.
#include <algorithm>
#include <map>

#include "analysis/comparison.hpp"

namespace trainmark::analysis {
namespace {

using trial::OutcomeKind;

// Nobody recorded the end of such a trial: the supervisor was killed, or still runs. --resume marks it as abandoned.
bool cut_off(const store::TrialData& t) { return !t.outcome || t.outcome->kind == OutcomeKind::kAbandoned; }

bool runs_again(const store::TrialData& t) { return !t.outcome || trial::runs_again(t.outcome->kind); }

bool failed(const store::TrialData& t) { return t.verdict && t.verdict->verdict == "failed"; }

std::string outcome_word(const store::TrialData& t) { return cut_off(t) ? "cut_off" : std::string(trial::outcome_name(t.outcome->kind)); }

void count_outcome(PlatformResult& r, const store::TrialData& t) {
  const std::string word = outcome_word(t);
  const auto known = std::find_if(r.outcomes.begin(), r.outcomes.end(), [&](const auto& o) { return o.first == word; });
  if (known != r.outcomes.end()) {
    ++known->second;
  } else {
    r.outcomes.emplace_back(word, 1);
  }
  if (finished(t) || r.outcome != "finished") return;
  r.outcome = word;
  r.outcome_reason = t.outcome ? t.outcome->message : "";
}

// Of the trials that say something: finished ones, and those that failed the proof however they ended.
void set_verdict(PlatformResult& r, const std::vector<const store::TrialData*>& trials) {
  bool any_failed = false, all_verified = r.processes > 0;
  for (const store::TrialData* t : trials) {
    any_failed = any_failed || failed(*t);
    all_verified = all_verified && (!finished(*t) || (t->verdict && t->verdict->verdict == "verified"));
  }
  r.verdict = any_failed ? "failed" : all_verified ? "verified" : "unchecked";
  for (const store::TrialData* t : trials) {
    if (!t->verdict || t->verdict->verdict != r.verdict) continue;
    r.verdict_reason = t->verdict->summary;
    return;
  }
}

// The largest of each component over the trials.
void add_memory(PlatformResult& r, const core::Json& memory) {
  if (!memory.is_object()) return;
  for (const auto& [component, bytes] : memory.items()) {
    if (!bytes.is_number_integer()) continue;
    const auto known = r.memory_bytes.emplace(component, 0).first;
    known->second = std::max(known->second, bytes.get<int64_t>());
  }
}

}  // namespace

bool finished(const store::TrialData& t) { return t.outcome && t.outcome->kind == OutcomeKind::kFinished; }

std::vector<const store::TrialData*> counted_trials(const store::RunData& data, const std::string& workload_hash) {
  std::map<std::string, const store::TrialData*> last;  // of each key
  for (const store::TrialData& t : data.trials) last[t.trial.key] = &t;
  std::vector<const store::TrialData*> counted;
  for (const store::TrialData& t : data.trials) {
    const bool done_again = runs_again(t) && last[t.trial.key] != &t && !failed(t);
    if (t.trial.workload_hash == workload_hash && !done_again) counted.push_back(&t);
  }
  return counted;
}

void set_state(PlatformResult& r, const std::vector<const store::TrialData*>& trials) {
  r.outcome = "finished";
  for (const store::TrialData* t : trials) {
    ++r.trials;
    r.processes += finished(*t) ? 1 : 0;
    r.share = t->trial.share;
    r.steps = t->trial.planned_steps;
    count_outcome(r, *t);
    if (t->outcome && t->outcome->peak_rss_bytes > 0) r.peak_rss_bytes = std::max(r.peak_rss_bytes.value_or(0), t->outcome->peak_rss_bytes);
    if (t->outcome) add_memory(r, t->outcome->memory);
    if (t->outcome && t->outcome->peak_rss_anon_bytes > 0) r.peak_rss_anon_bytes = std::max(r.peak_rss_anon_bytes.value_or(0), t->outcome->peak_rss_anon_bytes);
  }
  set_verdict(r, trials);
}

}  // namespace trainmark::analysis
