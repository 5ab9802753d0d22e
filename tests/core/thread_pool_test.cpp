// The pool: every task once, results seen by the caller, and no CPU used when idle.
#include "core/thread_pool.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <numeric>

#include "core/clock.hpp"

namespace trainmark::core {
namespace {

TEST(ThreadPool, RunsEveryTaskOnceForEveryNumberOfThreadsAndTasks) {
  for (int threads = 1; threads <= 8; ++threads) {
    ThreadPool pool(threads);
    EXPECT_EQ(pool.threads(), threads);
    for (const int tasks : {0, 1, 2, 3, 7, 8, 9, 100, 1001}) {
      std::vector<int> times(static_cast<size_t>(tasks));
      pool.run(tasks, [&](int task, int thread) {
        EXPECT_GE(thread, 0);
        EXPECT_LT(thread, threads);
        ++times[static_cast<size_t>(task)];  // not atomic: a task that ran twice at once would show under TSan
      });
      EXPECT_EQ(std::count(times.begin(), times.end(), 1), tasks) << threads << " threads, " << tasks << " tasks";
    }
  }
}

TEST(ThreadPool, DealsOutContiguousSharesInFixedOrder) {
  ThreadPool pool(3);
  std::vector<int> owner(10, -1);
  for (int time = 0; time < 100; ++time) {
    pool.run(10, [&](int task, int thread) { owner[static_cast<size_t>(task)] = thread; });
    ASSERT_EQ(owner, (std::vector<int>{0, 0, 0, 1, 1, 1, 2, 2, 2, 2}));
  }
}

TEST(ThreadPool, CallerSeesTheResultsOfTenThousandJobs) {
  ThreadPool pool(2);  // more threads than CPUs would wait for the scheduler in every job
  std::vector<int64_t> values(8);
  for (int job = 0; job < 10'000; ++job) {
    pool.run(8, [&](int task, int) { values[static_cast<size_t>(task)] += task; });
    ASSERT_EQ(values[7], int64_t{7} * (job + 1));
  }
  EXPECT_EQ(std::accumulate(values.begin(), values.end(), int64_t{0}), 28 * 10'000);
}

TEST(ThreadPool, WakesUpAfterParking) {
  ThreadPool pool(4);
  for (int time = 0; time < 20; ++time) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    int ran[4] = {};
    pool.run(4, [&](int task, int) { ran[task] = 1; });
    ASSERT_EQ(ran[0] + ran[1] + ran[2] + ran[3], 4);
  }
}

TEST(ThreadPool, SurvivesBeingMadeAndDestroyedWithoutWork) {
  for (int time = 0; time < 200; ++time) ThreadPool pool(1 + time % 8);
}

TEST(ThreadPool, SeveralPoolsWorkBesideEachOther) {
  ThreadPool a(2), b(3);
  int sums[2] = {};
  for (int time = 0; time < 100; ++time) {
    int parts[2][6] = {};
    a.run(6, [&](int task, int) { parts[0][task] = 1; });
    b.run(6, [&](int task, int) { parts[1][task] = 1; });
    for (int p = 0; p < 2; ++p) sums[p] += std::accumulate(parts[p], parts[p] + 6, 0);
  }
  EXPECT_EQ(sums[0], 600);
  EXPECT_EQ(sums[1], 600);
}

TEST(ThreadPool, IdlePoolUsesNoCpu) {
  ThreadPool pool(8);
  pool.run(8, [](int, int) {});
  std::this_thread::sleep_for(std::chrono::milliseconds(50));  // the spin ends
  const int64_t before = process_cpu_ns();
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_LT(process_cpu_ns() - before, 10'000'000);
}

TEST(Clock, IsMonotonicAndCountsThisProcesssCpu) {
  const int64_t start = now_ns(), cpu = process_cpu_ns();
  int64_t last = start;
  while (now_ns() - start < 20'000'000) {
    const int64_t now = now_ns();
    ASSERT_GE(now, last);
    last = now;
  }
  EXPECT_GT(process_cpu_ns() - cpu, 1'000'000);
  EXPECT_GT(wall_clock_ns(), int64_t{1'700'000'000} * 1'000'000'000);
}

}  // namespace
}  // namespace trainmark::core
