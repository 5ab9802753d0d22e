#include "proof/neighbour_hypotheses.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "backends/reference/neighbours.hpp"
#include "data/samples.hpp"

namespace trainmark::proof {
namespace {

using backends::reference::Metric;
using backends::reference::Vote;

// One mistake: what is searched instead, and what is made of it.
struct Mistake {
  std::string words;
  data::SamplesView train;
  int64_t k = 0;
  Metric metric = Metric::kSquared;
  int32_t query_shift = 0;  // the answer is that of another query
  int32_t class_shift = 0;  // added to the class
};

bool explains(const Mistake& mistake, const data::SamplesView& queries, std::span<const GivenClass> given, core::ThreadPool& pool) {
  if (mistake.k < 1 || mistake.k > mistake.train.count) return false;
  std::vector<int32_t> chosen;
  for (const GivenClass& g : given) chosen.push_back(static_cast<int32_t>(std::clamp<int64_t>(g.query + mistake.query_shift, 0, queries.count - 1)));
  const std::vector<Vote> votes = backends::reference::votes(mistake.train, queries, chosen, mistake.k, mistake.metric, pool);
  for (size_t i = 0; i < given.size(); ++i) {
    const int64_t meant = given[i].given - mistake.class_shift;
    if (meant < 0 || meant >= queries.classes || !votes[i].possible.test(static_cast<size_t>(meant))) return false;
  }
  return true;
}

}  // namespace

std::string explain_predictions(const workload::Materials& materials, std::span<const GivenClass> given, core::ThreadPool& pool) {
  const data::SamplesView& train = materials.train;
  const int64_t k = materials.workload.neighbours->k;
  std::vector<uint8_t> labels(train.labels, train.labels + train.count);
  std::rotate(labels.begin(), labels.begin() + 1, labels.end());
  data::SamplesView shifted = train;
  shifted.labels = labels.data();
  std::vector<Mistake> mistakes;
  for (const int64_t other : {k - 1, k + 1, int64_t{1}}) mistakes.push_back({fmt::format("k were {}", other), train, other});
  mistakes.push_back({"distances were sums of absolute differences", train, k, Metric::kAbsolute});
  const int64_t half = train.count / 2;
  mistakes.push_back({"only the first half of the training samples were searched", data::samples_range(train, 0, half), k});
  mistakes.push_back({"only the second half of the training samples were searched", data::samples_range(train, half, train.count - half), k});
  mistakes.push_back({"every training sample had the label of the next one", shifted, k});
  for (const int32_t shift : {1, -1}) {
    mistakes.push_back({fmt::format("every answer were that of the {} query", shift > 0 ? "next" : "previous"), train, k, Metric::kSquared, shift});
  }
  mistakes.push_back({"classes were counted from 1", train, k, Metric::kSquared, 0, 1});
  for (const Mistake& mistake : mistakes) {
    if (explains(mistake, materials.evaluation, given, pool)) return ": looks as if " + mistake.words;
  }
  return "";
}

}  // namespace trainmark::proof
