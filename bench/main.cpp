// trainmark_bench [--isa=NAME] [google-benchmark options]: steps and kernels of the engine `cpu`, reading of CSV.
#include <benchmark/benchmark.h>

#include <cstring>
#include <string>

namespace trainmark::bench {
void register_steps(const std::string& isa);
void register_kernels(const std::string& isa);
void register_csv();
}  // namespace trainmark::bench

int main(int argc, char** argv) {
  std::string isa;
  for (int i = 1; i < argc; ++i) {
    if (std::strncmp(argv[i], "--isa=", 6) == 0) isa = argv[i] + 6;
  }
  trainmark::bench::register_steps(isa);
  trainmark::bench::register_kernels(isa);
  trainmark::bench::register_csv();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
