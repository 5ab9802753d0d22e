// What the supervisor adds to what it measures.
#include <algorithm>
#include <cstdio>

#include "core/file.hpp"
#include "support/sanitizers.hpp"
#include "trial/supervisor_testing.hpp"

namespace trainmark::trial {
namespace {

// Time that this thread was ready to run while others had its CPU: the neighbours' share, not the supervisor's.
int64_t run_delay_ns() {
  const auto text = core::read_file("/proc/thread-self/schedstat");
  long long running = 0, delayed = 0;
  return text && std::sscanf(text->c_str(), "%lld %lld", &running, &delayed) == 2 ? delayed : 0;
}

class Overhead : public WithSupervisor {
 protected:
  /// Its share of blocks of one second. Start, warm-up and proof are counted apart. Other programs can only add to it, so the least of some runs counts.
  double least_share(int runs, double enough) {
    options_.lengths = {1, 0.02};
    add("a", {"--step-us", "10000"});
    double share = 1;
    for (int i = 0; i < runs && share >= enough; ++i) {
      const int64_t delayed_before_ns = run_delay_ns();
      const auto summary = run(plan(100, 2));
      if (!summary) return share;
      const int64_t delayed_ns = run_delay_ns() - delayed_before_ns;
      const auto& end = summary->end;
      const int64_t known_ns = end.start_ns + end.warm_up_ns + end.blocks_ns + end.sentinel_ns + end.evaluation_ns + end.proof_ns;
      EXPECT_LE(known_ns, end.total_ns);
      EXPECT_GT(end.blocks_ns, 1'900'000'000);
      share = std::min(share, static_cast<double>(end.total_ns - known_ns - delayed_ns) / static_cast<double>(end.blocks_ns));
    }
    RecordProperty("share", std::to_string(share));
    return share;
  }
};
using OverheadSlow = Overhead;

// Loose, because a machine that does something else lets the supervisor wait: a sleep or a poll too many is seen all the same.
TEST_F(Overhead, OfOneSecondBlocksIsSmall) {
  if (tests::kSanitized) GTEST_SKIP() << "times of sanitized builds say nothing";
  EXPECT_LT(least_share(3, 0.05), 0.05);
}

TEST_F(OverheadSlow, OfOneSecondBlocksIsBelowOnePercent) {
  if (tests::kSanitized) GTEST_SKIP() << "times of sanitized builds say nothing";
  EXPECT_LT(least_share(10, 0.01), 0.01);
}

}  // namespace
}  // namespace trainmark::trial
