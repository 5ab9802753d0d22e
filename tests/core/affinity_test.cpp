// CPU sets: what is set is what is allowed, here and in threads started later.
#include "core/affinity.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace trainmark::core {
namespace {

TEST(Affinity, RestrictsThisThreadAndThoseItStarts) {
  const std::vector<int> all = allowed_cpus();
  ASSERT_FALSE(all.empty());
  std::thread([&] {  // a thread of its own, so that other tests keep their CPUs
    ASSERT_TRUE(set_allowed_cpus({all.back()}).ok());
    EXPECT_EQ(allowed_cpus(), std::vector<int>{all.back()});
    std::thread([&] { EXPECT_EQ(allowed_cpus(), std::vector<int>{all.back()}); }).join();
  })
      .join();
  EXPECT_EQ(allowed_cpus(), all);
}

TEST(Affinity, RefusesCpusThatAreNotThere) {
  std::thread([] {
    EXPECT_FALSE(set_allowed_cpus({}).ok());
    EXPECT_FALSE(set_allowed_cpus({100'000}).ok());
  }).join();
}

}  // namespace
}  // namespace trainmark::core
