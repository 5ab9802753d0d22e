// A thread is busy when it computed for at least a tenth of the elapsed time: helpers of frameworks that wake now and then are not, and a thread
// that shares its work badly still is.
#include "trial/thread_use.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "analysis/times.hpp"

namespace trainmark::analysis {
namespace {

constexpr double kBusy = 0.1;

std::optional<ThreadUse> use_of(const store::TrialData& t) {
  for (const trial::ReadingRecord& reading : t.readings) {
    if (reading.kind != trial::kThreadReading || !reading.figures.is_object()) continue;
    const core::Json elapsed = reading.figures.value("elapsed_ns", core::Json()), times = reading.figures.value("thread_cpu_ns", core::Json());
    if (!elapsed.is_number() || !times.is_array()) continue;
    const auto elapsed_ns = elapsed.get<double>();
    if (!(elapsed_ns > 0)) continue;
    ThreadUse use;
    use.asked = t.trial.threads;
    for (const core::Json& ns : times) use.shares.push_back(ns.is_number() ? ns.get<double>() / elapsed_ns : 0);
    use.busy = std::count_if(use.shares.begin(), use.shares.end(), [](double share) { return share >= kBusy; });
    const core::Json device = t.trial.hello.is_object() ? t.trial.hello.value("device", core::Json()) : core::Json();
    use.on_processor = device == "CPU" || device == "cpu";
    return use;
  }
  return std::nullopt;
}

std::string threads_text(int64_t count) { return count == 1 ? "one thread" : fmt::format("{} threads", count); }

}  // namespace

void set_thread_use(PlatformResult& r, const Trials& trials) {
  std::vector<ThreadUse> uses;
  for (const store::TrialData* t : trials) {
    if (!finished(*t)) continue;
    if (auto use = use_of(*t)) uses.push_back(std::move(*use));
  }
  if (uses.empty()) return;
  std::sort(uses.begin(), uses.end(), [](const ThreadUse& a, const ThreadUse& b) { return a.busy < b.busy; });
  r.thread_use = uses[uses.size() / 2];
}

void add_thread_sentences(const WorkloadResult& result, std::vector<std::string>& out) {
  for (const PlatformResult& r : result.platforms) {
    if (!r.thread_use || !r.thread_use->on_processor || r.thread_use->busy == r.thread_use->asked || r.step_ns.n == 0) continue;
    if (r.blocks == r.disturbed_blocks) continue;  // others may have had the processor
    const ThreadUse& use = *r.thread_use;
    const std::string of = use.asked == 1 ? "the one" : fmt::format("the {}", use.asked);
    const std::string total = r.utilisation ? fmt::format("; in all it used {:.0f} % of their time", 100 * *r.utilisation) : "";
    out.push_back(use.busy < use.asked
                      ? fmt::format("{} kept {} busy of {} asked for{}.", r.platform, use.busy == 0 ? "none" : "only " + threads_text(use.busy), of, total)
                      : fmt::format("{} kept {} busy, more than {} asked for{}.", r.platform, threads_text(use.busy), of, total));
  }
}

}  // namespace trainmark::analysis
