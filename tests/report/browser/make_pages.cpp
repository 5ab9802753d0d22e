// Writes the pages that a browser is to open: make_pages FOLDER. full.html has every chart, study.html a published study, hostile.html names that no page
// should trust, many.html 100,000 blocks.
#include <cstdio>
#include <filesystem>

#include "core/file.hpp"
#include "report/html.hpp"
#include "report/report.hpp"
#include "support/made_up_ceilings.hpp"
#include "support/scripted_energy.hpp"
#include "support/scripted_run.hpp"

namespace {

using namespace trainmark;

constexpr int64_t kStart = 1'700'000'000'000'000'000;

store::RunData run_of(const std::vector<std::string>& names, int64_t processes, int64_t rounds) {
  std::vector<tests::Script> scripts;
  for (size_t i = 0; i < names.size(); ++i) {
    const int64_t step_ns = 100'000 << (2 * i);
    scripts.push_back({.platform = names[i],
                       .processes = processes,
                       .step_ns = [step_ns](int64_t r, int64_t round) { return step_ns + step_ns / 100 * ((r * 7 + round * 5) % 11); },
                       .rounds = rounds,
                       .disturbed = [](int64_t r, int64_t round) { return (r + 3 * round) % 13 == 5; }});
  }
  auto workload = tests::scripted_workload();
  workload.recipe.epochs = rounds / 2;
  auto data = tests::with_ceilings(tests::scripted_run(scripts, names.front(), workload), {tests::made_up_ceilings(1000, 30)});
  int64_t now = kStart;
  for (auto& t : data.trials) {
    for (auto& block : t.blocks) block.started_wall_ns = now += 2 * block.elapsed_ns;
    t.readings.push_back(tests::made_up_operations(t.trial, 2'000'000));
    t.outcome->memory = {{"parameters", 2 << 20}, {"gradients", 2 << 20}, {"activations", 5 << 20}};
  }
  return data;
}

bool write(const std::filesystem::path& path, const store::RunData& data) {
  const auto comparison = analysis::compare(data);
  return comparison && core::write_file(path, report::html_of(data, *comparison, false));
}

// A published study: claims of every answer, a table with published figures, a figure of four panels.
core::Json study() {
  using core::Json;
  const Json cells = {{{"text", "12.5"}, {"value", 12.5}, {"published", "37.2 (laptop)"}}, {{"text", "91.4"}, {"value", 91.4}, {"published", nullptr}}};
  return {{"name", "jit-vs-gpu"},
          {"description", "A multilayer perceptron in NumPy, Numba and CuPy."},
          {"question", "Does compiling loops beat BLAS, and does a GPU beat both?"},
          {"scale", "small"},
          {"claims",
           {{{"text", "JIT is slower than NumPy"}, {"answer", "refuted"}, {"reason", "0.4 times, 0.3 to 0.5."}},
            {{"text", "Accuracy is the same"}, {"answer", "supported"}, {"reason", "Within 0.5 points."}},
            {{"text", "The GPU is over 100 times faster"}, {"answer", "undecided"}, {"reason", "There is no GPU here."}}}},
          {"tables",
           {{{"number", "table 1"},
             {"title", "Time and accuracy"},
             {"note", "Mean over repetitions."},
             {"columns", {{{"title", "training time"}, {"unit", "s"}}, {{"title", "accuracy"}, {"unit", "%"}}}},
             {"rows", {{{"label", "numpy"}, {"measured", true}, {"cells", cells}}, {{"label", "cupy"}, {"measured", false}, {"cells", cells}}}}}}},
          {"figures",
           {{{"number", "figure 1"}, {"title", "Time, throughput and accuracy"}, {"chart", "four_panels"}, {"workloads", {0}}},
            {{"number", "figure 2"}, {"title", "Joules"}, {"chart", "energy"}, {"workloads", {0}}, {"missing", "no counter of energy could be read"}}}},
          {"missing", {{{"what", "cupy"}, {"reason", "there is no NVIDIA driver"}}}},
          {"flaws", {"Compiling was counted as training."}},
          {"differences", {"Batch size 128, since none was given."}}};
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return 2;
  const std::filesystem::path folder = arguments[1];
  auto full = run_of({"cpu", "numpy", "pytorch-cpu", "jax-cpu"}, 5, 4);
  const auto plain = analysis::compare(full);
  if (!plain) return 1;
  core::Json with_study = report::render_json(*plain, false);
  with_study["study"] = study();
  const std::string study_page = report::render_html(with_study, *plain, report::charts_of(full, *plain, false), false);
  if (!core::write_file(folder / "study.html", study_page)) return 1;
  tests::add_energy(full, {{}});
  const std::vector<std::string> hostile = {"cpu",
                                            "</script><script>window.hacked=1</script>",
                                            "<img src=x onerror=window.hacked=2>",
                                            "\"'`&amp;{{body}}",
                                            "\xF0\x9F\x90\x8D\xF0\x9F\x94\xA5 emoji",
                                            "\xE2\x80\xAE\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D right to left",
                                            "a-name-of-more-than-sixty-characters-without-any-place-to-break-it-in-two"};
  const bool ok = write(folder / "full.html", full) && write(folder / "hostile.html", run_of(hostile, 2, 4)) &&
                  write(folder / "many.html", run_of({"cpu", "numpy"}, 5, 10000));
  if (!ok) std::fprintf(stderr, "make_pages: could not write to %s\n", arguments[1]);
  return ok ? 0 : 1;
}
