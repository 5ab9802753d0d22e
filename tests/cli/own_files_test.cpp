// Networks and workers of a user's own through the program, and the examples of docs/networks.md.
#include <gtest/gtest.h>

#include <algorithm>

#include "store/store.hpp"
#include "support/run_program.hpp"
#include "support/source_folder.hpp"

namespace trainmark::tests {
namespace {

namespace fs = std::filesystem;

class OwnFiles : public testing::Test {
 protected:
  core::TemporaryFolder folder_ = core::TemporaryFolder::make(fs::temp_directory_path(), "trainmark-own").value();
  ProgramResult run(const std::string& arguments) { return run_trainmark(arguments, folder_.path()); }
  void write(const fs::path& name, const std::string& text) {
    fs::create_directories((folder_.path() / name).parent_path());
    core::write_file(folder_.path() / name, std::string_view(text)).value();
  }
  store::RunData latest() { return store::Store::open(folder_.path() / "results" / store::kFileName, {store::Access::kReadOnly}).value().load_run("").value(); }
};

const std::string kTiny =
    "[network.tiny]\nlayers = [\n  {conv2d = 4, kernel = 3, name = 'a'},\n  'relu',\n  {max_pool2d = 2},\n  'flatten',\n  {dense = 10}]\n";
const std::string kFewSteps = " --max-batches 20 --threads 1";

// The worker is the program's own, behind a script of the user's: found beside the study, whatever folder one is in.
const std::string kScript = "exec '" TRAINMARK_PROGRAM "' worker --platform cpu\n";

TEST_F(OwnFiles, ANetworkIsRunVerifiedPlannedAndListed) {
  write("my.toml", kTiny);
  const ProgramResult r = run("run tiny --file my.toml --platform cpu,reference" + kFewSteps);
  ASSERT_EQ(r.exit_code, 0) << r.out << r.err;
  const store::RunData data = latest();
  ASSERT_EQ(data.trials.size(), 2u);
  for (const auto& trial : data.trials) EXPECT_EQ(trial.verdict->verdict, "verified") << trial.verdict->summary;
  EXPECT_EQ(run("run my.toml" + kFewSteps).exit_code, 0);
  EXPECT_EQ(run("verify tiny --file my.toml --platform cpu --threads 1").exit_code, 0);
  for (const char* command : {"plan my.toml", "plan tiny --file my.toml", "list networks --verbose --file my.toml"}) {
    const ProgramResult table = run(command);
    EXPECT_EQ(table.exit_code, 0) << table.err;
    // conv 4 channels of 3x3: 40 parameters; forward and backward by weights, 26 x 26 x 4 outputs of 9 products, two FLOPs each, twice
    EXPECT_NE(table.out.find("a             conv2d      input         4x26x26  40          97344"), std::string::npos) << table.out;
    EXPECT_NE(table.out.find("dense_1       dense       flatten_1     10       6770"), std::string::npos) << table.out;
  }
  EXPECT_NE(run("list networks --verbose").out.find("mnist-cnn-lenet"), std::string::npos);
}

TEST_F(OwnFiles, MistakesEndWithCodeTwoAndTheirLine) {
  const auto refused = [&](const std::string& arguments, const std::string& said) {
    const ProgramResult r = run(arguments);
    EXPECT_EQ(r.exit_code, 2) << r.out << r.err;
    EXPECT_EQ(r.out, "");
    EXPECT_EQ(std::count(r.err.begin(), r.err.end(), '\n'), 1) << r.err;
    EXPECT_NE(r.err.find(said), std::string::npos) << r.err;
  };
  write("my.toml", kTiny);
  write("pad.toml", "[network.tiny]\nlayers = [\n  {conv2d = 8, kernel = 3, pad = 1}]\n");
  write("big.toml", "[network.tiny]\nlayers = ['flatten',\n  {conv2d = 8, kernel = 3}]\n");
  write("command.toml", kTiny + "[platform.mine]\ncommand = './not_there'\n");
  refused("run pad.toml", "pad.toml:3: the layer 'conv2d' has no key 'pad' (did you mean 'padding'?)");
  refused("plan pad.toml", "pad.toml:3:");
  refused("list networks --file pad.toml", "pad.toml:3:");
  refused("run big.toml", "big.toml:3: network 'tiny': layer 'conv2d_1' (conv2d): a 3x3 window");
  refused("run command.toml", "command.toml:9: the command of the platform 'mine'");
  refused("run tinny --file my.toml", "did you mean 'tiny'?");
  refused("plan tinny --file my.toml", "did you mean 'tiny'?");
  refused("run tiny --file your.toml", "--file: there is no file 'your.toml'");
  refused("run my.toml --platform cup", "did you mean 'cpu'?");
}

TEST_F(OwnFiles, AWorkerBesideItsStudyIsFoundFromElsewhere) {
  write("deep/study.toml", kTiny + "[platform.mine]\ncommand = \"sh 'my worker.sh'\"\n");
  write("deep/my worker.sh", kScript);
  const ProgramResult r = run("run deep/study.toml" + kFewSteps);
  ASSERT_EQ(r.exit_code, 0) << r.out << r.err;
  const store::RunData data = latest();
  ASSERT_EQ(data.trials.size(), 2u);
  EXPECT_EQ(data.trials[0].trial.platform, "cpu");
  EXPECT_EQ(data.trials[1].trial.platform, "mine");
  EXPECT_EQ(data.trials[1].verdict->verdict, "verified");
  EXPECT_EQ(run("run tiny --file deep/study.toml --platform mine" + kFewSteps).exit_code, 0);
  EXPECT_EQ(latest().trials.size(), 1u);
}

TEST_F(OwnFiles, TheDryRunProbesEveryWorkerAndRecordsNothing) {
  write("study.toml", kTiny + "[platform.mine]\ncommand = ['sh', 'my_worker.sh']\n");
  write("my_worker.sh", kScript);
  const ProgramResult r = run("run study.toml --dry-run --epochs 3 --repetitions 2 --threads 1");
  ASSERT_EQ(r.exit_code, 0) << r.out << r.err;
  EXPECT_NE(r.out.find("mine"), std::string::npos) << r.out;
  for (const char* word : {"An estimate", "Memory: ", "Disk: ", "Nothing was recorded"}) EXPECT_NE(r.out.find(word), std::string::npos) << word << r.out;
  EXPECT_FALSE(fs::exists(folder_.path() / "results"));
  write("my_worker.sh", "exit 3\n");
  const ProgramResult dead = run("run study.toml --dry-run");
  EXPECT_EQ(dead.exit_code, 1) << dead.out;
  EXPECT_NE(dead.err.find("the probe of 'mine' failed"), std::string::npos) << dead.err;
}

// Text between ```toml and ``` of a page.
std::vector<std::string> toml_examples(const fs::path& page) {
  const std::string text = core::read_file(page).value();
  const std::string head = "```toml\n";
  std::vector<std::string> examples;
  for (size_t at = text.find(head); at != std::string::npos; at = text.find(head, at + 1)) {
    const size_t begin = at + head.size();
    examples.push_back(text.substr(begin, text.find("```", begin) - begin));
  }
  return examples;
}

using OwnFilesSlow = OwnFiles;

TEST_F(OwnFilesSlow, TheExamplesOfTheDocumentationRun) {
  write("my_worker.sh", kScript);
  const auto examples = toml_examples(source_folder() / "docs" / "networks.md");
  ASSERT_EQ(examples.size(), 4u);
  for (size_t i = 0; i < examples.size(); ++i) {
    write("my.toml", examples[i]);
    const ProgramResult r = run("run my.toml --epochs 1 --batch-size 32" + kFewSteps);
    EXPECT_EQ(r.exit_code, 0) << examples[i] << r.err;
  }
  write("my.toml", examples[0]);
  for (const char* command : {"plan my.toml", "verify tiny --file my.toml --platform cpu", "list networks --verbose --file my.toml"}) {
    EXPECT_EQ(run(command).exit_code, 0) << command;
  }
}

}  // namespace
}  // namespace trainmark::tests
