// The channel: every way in which a worker can fail to answer becomes the right failure, and the channel stays broken.
#include "trial/process_channel.hpp"

#include <chrono>
#include <thread>

#include "trial/process_testing.hpp"

namespace trainmark::trial {
namespace {

using core::Json;
using worker::FailureKind;

class ProcessChannelTest : public WithProcesses {
 protected:
  void TearDown() override {
    process_.reset();
    WithProcesses::TearDown();
  }
  /// Asks the worker twice: misbehaviour is scripted for the second request.
  worker::Answer<Json> second_answer(std::vector<std::string> arguments, double timeout_s = 5) {
    first_answer(std::move(arguments));
    return channel_->call({{"id", 2}, {"request", "second"}}, timeout_s);
  }
  void first_answer(std::vector<std::string> arguments) {
    auto started = Process::start(fake(std::move(arguments)));
    EXPECT_TRUE(started.ok());
    process_.emplace(std::move(*started));
    channel_.emplace(*process_);
    EXPECT_TRUE(channel_->call({{"id", 1}, {"request", "first"}}, 5).ok());
  }
  void expect_broken(const worker::Answer<Json>& answer, FailureKind kind, const std::string& part) {
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.failure().kind, kind) << answer.failure().message;
    EXPECT_NE(answer.failure().message.find(part), std::string::npos) << answer.failure().message;
    const auto again = channel_->call({{"id", 3}, {"request", "third"}}, 5);
    ASSERT_FALSE(again.ok());
    EXPECT_EQ(again.failure().message, answer.failure().message);
    EXPECT_TRUE(left_over_processes().empty());
  }
  std::optional<Process> process_;
  std::optional<ProcessChannel> channel_;
};

TEST_F(ProcessChannelTest, CarriesAnswers) {
  const auto answer = second_answer({});
  ASSERT_TRUE(answer.ok()) << answer.failure().message;
  EXPECT_TRUE(answer->is_object());
}

TEST_F(ProcessChannelTest, CrashNamesTheSignalAndTheRequest) {
  expect_broken(second_answer({"--do", "crash", "--at", "2"}), FailureKind::kCrashed, "the worker was killed by signal 11 (Segmentation fault) while 'second'");
}

TEST_F(ProcessChannelTest, KillBySomebodyElseIsACrash) {
  expect_broken(second_answer({"--do", "kill-self", "--at", "2"}), FailureKind::kCrashed, "signal 9 (Killed)");
}

TEST_F(ProcessChannelTest, ExitHalfWayIsACrash) {
  expect_broken(second_answer({"--do", "exit-0", "--at", "2"}), FailureKind::kCrashed, "ended with exit code 0");
}

TEST_F(ProcessChannelTest, CrashOfAWorkerWhoseChildHoldsThePipeIsNoticed) {
  expect_broken(second_answer({"--fork-child", "--do", "exit-3", "--at", "2"}), FailureKind::kCrashed, "exit code 3");
}

TEST_F(ProcessChannelTest, HangEndsAtTheTimeLimit) {
  const auto begin = std::chrono::steady_clock::now();
  expect_broken(second_answer({"--do", "hang", "--at", "2", "--ignore-sigterm"}, 0.2), FailureKind::kTimedOut, "did not answer 'second' within 0.2 s");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
}

TEST_F(ProcessChannelTest, HalfALineIsNoAnswer) {
  expect_broken(second_answer({"--do", "half-line", "--at", "2"}, 0.2), FailureKind::kTimedOut, "did not answer");
}

TEST_F(ProcessChannelTest, ClosedPipeOfALivingWorkerIsAProtocolError) {
  expect_broken(second_answer({"--do", "close-stdout", "--at", "2"}), FailureKind::kProtocol, "closed its pipe without ending");
}

TEST_F(ProcessChannelTest, RubbishIsQuoted) {
  expect_broken(second_answer({"--do", "rubbish", "--at", "2"}), FailureKind::kProtocol, "not a JSON object: 'Epoch 1/10: loss 0.3'");
}

TEST_F(ProcessChannelTest, AnswerMustBeAnObject) {
  expect_broken(second_answer({"--do", "no-object", "--at", "2"}), FailureKind::kProtocol, "not a JSON object: '[1, 2]'");
}

TEST_F(ProcessChannelTest, AnswerMustHaveOkOrError) {
  expect_broken(second_answer({"--do", "neither", "--at", "2"}), FailureKind::kProtocol, "neither \"ok\" nor an \"error\"");
}

TEST_F(ProcessChannelTest, WrongIdIsRefused) {
  expect_broken(second_answer({"--do", "wrong-id", "--at", "2"}), FailureKind::kProtocol, "has the id -1 instead of 2");
}

TEST_F(ProcessChannelTest, TooLongLineIsRefused) {
  expect_broken(second_answer({"--do", "long-line", "--at", "2"}), FailureKind::kProtocol, "longer than 1048576 bytes");
}

TEST_F(ProcessChannelTest, TheWorkersOwnErrorsKeepTheChannelOpen) {
  for (const auto& [name, kind] :
       {std::pair{"unsupported", FailureKind::kUnsupported}, {"failed", FailureKind::kFailed}, {"out_of_memory", FailureKind::kOutOfMemory}}) {
    const auto answer = second_answer({"--do", name, "--at", "2"});
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.failure().kind, kind);
    EXPECT_EQ(answer.failure().message, std::string("scripted ") + name);
    EXPECT_TRUE(channel_->call({{"id", 3}, {"request", "third"}}, 5).ok());
    EXPECT_FALSE(channel_->broken().has_value());
  }
}

TEST_F(ProcessChannelTest, InterruptReturnsAtOnce) {
  first_answer({"--do", "hang", "--at", "2"});  // starting may take longer than the user waits
  std::thread user([] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    raise_interrupt();
  });
  const auto begin = std::chrono::steady_clock::now();
  const auto answer = channel_->call({{"id", 2}, {"request", "second"}}, 60);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
  user.join();
  expect_broken(answer, FailureKind::kInterrupted, "interrupted while 'second'");
}

TEST_F(ProcessChannelTest, StoppedWorkerTimesOut) {
  auto started = Process::start(fake({}));
  ASSERT_TRUE(started.ok());
  ProcessChannel channel(*started);
  started->stop();
  const auto answer = channel.call({{"id", 1}, {"request", "hello"}}, 0.1);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.failure().kind, FailureKind::kTimedOut);
}

TEST_F(ProcessChannelTest, RequestLargerThanThePipeToADeadWorkerFailsInsteadOfKillingUs) {
  auto options = fake({});
  options.command = {"/bin/sh", "-c", "exec 0<&-; sleep 0.1; exit 4"};
  auto started = Process::start(options);
  ASSERT_TRUE(started.ok());
  ProcessChannel channel(*started);
  const auto answer = channel.call({{"id", 1}, {"request", "hello"}, {"text", std::string(1 << 20, 'x')}}, 5);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.failure().kind, FailureKind::kCrashed) << answer.failure().message;
}

}  // namespace
}  // namespace trainmark::trial
