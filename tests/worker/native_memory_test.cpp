// What the native engines say of their memory, against what the kernel sees: the growth of RssAnon while state and arena are touched.
//
// Each case runs in a child process whose allocator takes large blocks fresh from the system, so that no page was there before.
#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <fstream>

#include "backends/backend.hpp"
#include "plan/passes.hpp"
#include "support/sanitizers.hpp"
#include "worker_testing.hpp"

namespace trainmark::worker {
namespace {

struct Case {
  std::string network;
  int64_t batch;
  std::string engine;
  int threads;
};

int64_t rss_anon_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("RssAnon:", 0) == 0) return std::atoll(line.c_str() + 8) * 1024;
  }
  return 0;
}

struct Told {
  int64_t told = 0, seen = 0;
};

/// In the child: compile, look (the reference: look, compile), load and train two steps, look again.
Told measure(const Case& c, const workload::Materials& materials) {
  const workload::Workload& w = materials.workload;
  const auto* info = backends::find_backend(c.engine);
  const auto engine = info->create({c.threads, "", info->dtypes.front(), {}}).value();
  const auto plan = plan::training_plan(w.network, c.batch, workload::training_of(w.recipe));
  const int64_t before_compile = rss_anon_bytes();
  const auto program = engine->compile(plan).value();
  const int64_t before = c.engine == "cpu" ? rss_anon_bytes() : before_compile;  // the reference writes zeros when it compiles
  engine->load(materials.initial_state).value();
  for (int64_t step = 0; step < 2; ++step) {
    backends::StepOutput output;
    program->run({&materials.train, &materials.normalisation, materials.batch(step).data(), 0.01, 1, step}, output);
    program->sync();
  }
  const auto use = program->memory();
  return {use.parameters + use.optimiser_state + use.input + use.activations + use.gradients + use.workspace, rss_anon_bytes() - before};
}

Told measure_in_child(const Case& c, const workload::Materials& materials) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    mallopt(M_MMAP_THRESHOLD, 64 << 10);  // and no longer raised by what is freed
    malloc_trim(0);                       // what making the samples left
    const Told told = measure(c, materials);
    _exit(write(ends[1], &told, sizeof told) == sizeof told ? 0 : 1);
  }
  close(ends[1]);
  Told told;
  EXPECT_EQ(read(ends[0], &told, sizeof told), static_cast<ssize_t>(sizeof told));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  return told;
}

class NativeMemory : public ::testing::TestWithParam<Case> {};

TEST_P(NativeMemory, IsWhatTheProcessGrowsByWhenStateAndArenaAreTouched) {
  if (tests::kSanitized) GTEST_SKIP() << "a sanitizer keeps memory of its own";
  const Case& c = GetParam();
  const auto tiny = tests::make_tiny({.network = c.network, .train_count = 2 * c.batch, .batch_size = c.batch});
  const Told told = measure_in_child(c, tiny->materials());
  const double tolerance = 0.03 * static_cast<double>(told.seen) + (2 << 20);
  EXPECT_NEAR(static_cast<double>(told.told), static_cast<double>(told.seen), tolerance);
  RecordProperty("told", std::to_string(told.told));
  RecordProperty("seen", std::to_string(told.seen));
}

INSTANTIATE_TEST_SUITE_P(Networks, NativeMemory,
                         ::testing::Values(Case{"mnist-mlp", 128, "cpu", 1}, Case{"mnist-mlp", 8192, "cpu", 2}, Case{"mnist-mlp-10", 8192, "cpu", 2},
                                           Case{"mnist-cnn", 512, "cpu", 1}, Case{"mnist-cnn", 512, "cpu", 2}, Case{"mnist-cnn", 8192, "cpu", 2},
                                           Case{"mnist-cnn-lenet", 1024, "cpu", 2}, Case{"mnist-cnn-lenet", 4, "cpu", 2},
                                           Case{"mnist-mlp", 4096, "reference", 1}, Case{"mnist-cnn", 512, "reference", 2}),
                         [](const auto& tested) {
                           std::string name = tested.param.engine + "_" + tested.param.network + "_" + std::to_string(tested.param.batch) + "_t" +
                                              std::to_string(tested.param.threads);
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace trainmark::worker
