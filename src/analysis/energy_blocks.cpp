// Entries of the store that make no sense are no figures; see stored.hpp.
#include "analysis/energy_blocks.hpp"

#include <algorithm>

#include "analysis/comparison.hpp"
#include "analysis/stored.hpp"

namespace trainmark::analysis {
namespace {

using core::Json;

const Json* energy_of(const store::TrialData& t) {
  for (const trial::ReadingRecord& r : t.readings) {
    if (r.kind == trial::kEnergyReading && r.figures.is_object()) return &r.figures;
  }
  return nullptr;
}

/// Calls `use` with every stored block that counts, its record, and its entry.
template <class F>
void for_blocks(const MeasuredTrial& m, const F& use) {
  for (const Json& entry : member_in(*m.figures, "blocks")) {
    const auto index = integer_in(entry, "block");
    const auto block = index ? m.blocks.find(*index) : m.blocks.end();
    if (block != m.blocks.end()) use(*block->second, entry);
  }
}

std::optional<size_t> place_of(const MeasuredTrial& m, const std::string& name) {
  const Json& names = member_in(*m.figures, "sources");
  for (size_t i = 0; i < names.size(); ++i) {
    if (names.is_array() && names[i].is_string() && names[i].get<std::string>() == name) return i;
  }
  return std::nullopt;
}

}  // namespace

std::vector<MeasuredTrial> measured_trials(const std::vector<const store::TrialData*>& trials) {
  const auto quiet = [](const trial::BlockRecord& b) { return b.kind == trial::BlockKind::kTimed && !b.disturbed; };
  const bool any_quiet = std::any_of(trials.begin(), trials.end(),
                                     [&](const store::TrialData* t) { return finished(*t) && std::any_of(t->blocks.begin(), t->blocks.end(), quiet); });
  std::vector<MeasuredTrial> found;
  for (const store::TrialData* t : trials) {
    const Json* figures = energy_of(*t);
    if (!finished(*t) || figures == nullptr) continue;
    MeasuredTrial m{t, figures, {}, 0};
    double elapsed_ns = 0, steps = 0;
    for (const trial::BlockRecord& b : t->blocks) {
      if (b.kind != trial::BlockKind::kTimed || (any_quiet && b.disturbed)) continue;
      m.blocks[b.index] = &b;
      elapsed_ns += static_cast<double>(b.elapsed_ns);
      steps += static_cast<double>(b.steps);
    }
    if (steps <= 0) continue;
    m.repetition_s = elapsed_ns * 1e-9 / steps * static_cast<double>(t->trial.planned_steps);
    found.push_back(std::move(m));
  }
  return found;
}

CounterSum sum_of(const MeasuredTrial& m, const EnergyCounter& counter) {
  CounterSum sum;
  sum.fault = text_in(member_in(*m.figures, "faults"), counter.name.c_str());
  const auto place = place_of(m, counter.name);
  if (!place) return sum;
  for_blocks(m, [&](const trial::BlockRecord&, const Json& entry) {
    ++sum.blocks;
    const auto uj = number_at(member_in(entry, "uj"), *place), window_ns = number_at(member_in(entry, "window_ns"), *place);
    const bool known = uj && window_ns && *window_ns > 0;
    if (known) {
      sum.all_uj += *uj;
      sum.all_window_ns += *window_ns;
    }
    if (!known || !plausible(counter, *uj, *window_ns)) {
      ++sum.lost;
      return;
    }
    sum.uj += *uj;
    sum.window_ns += *window_ns;
  });
  return sum;
}

CounterSum operator+(CounterSum a, const CounterSum& b) {
  a.uj += b.uj;
  a.window_ns += b.window_ns;
  a.all_uj += b.all_uj;
  a.all_window_ns += b.all_window_ns;
  a.blocks += b.blocks;
  a.lost += b.lost;
  if (a.fault.empty()) a.fault = b.fault;
  return a;
}

double watts_of(const CounterSum& sum) { return sum.window_ns > 0 ? sum.uj * 1e3 / sum.window_ns : 0; }

std::optional<double> kernel_time_share(const std::vector<MeasuredTrial>& trials, const std::vector<int64_t>& devices) {
  double sum = 0, weight = 0;
  for (const MeasuredTrial& m : trials) {
    for_blocks(m, [&](const trial::BlockRecord& block, const Json& entry) {
      for (const int64_t device : devices) {
        const auto share = device < 0 ? std::nullopt : number_at(member_in(entry, "kernel_time_share"), static_cast<size_t>(device));
        if (!share) continue;
        sum += *share * static_cast<double>(block.elapsed_ns);
        weight += static_cast<double>(block.elapsed_ns);
      }
    });
  }
  if (weight <= 0) return std::nullopt;
  return sum / weight;
}

}  // namespace trainmark::analysis
