// trainmark_cheating_worker --platform P --cheat NAME: the native worker as a process of its own, with an engine that
// cheats in one way; for tests of the supervisor with its proof.
#include <cstdio>
#include <string_view>

#include "support/cheating_backend.hpp"
#include "worker/native_worker.hpp"

int main(int argc, char** argv) {
  std::string platform = "cpu", cheat;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view key = argv[i];
    if (key == "--platform") platform = argv[i + 1];
    if (key == "--cheat") cheat = argv[i + 1];
  }
  bool known = cheat.empty();
  for (const auto& info : trainmark::tests::kCheats) known = known || cheat == info.name;
  if (!known) {
    std::fprintf(stderr, "there is no cheat '%s'\n", cheat.c_str());
    return 2;
  }
  return trainmark::worker::run_native_worker(trainmark::tests::cheating_backend(platform, cheat), "");
}
