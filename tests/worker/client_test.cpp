// The client against workers that answer wrongly: every wrong member or file is a kProtocol failure with a sentence, and
// no file is left behind.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <functional>

#include "worker/answers.hpp"
#include "worker/raw_file.hpp"
#include "worker_testing.hpp"

namespace trainmark::worker {
namespace {

using core::Json;

/// Answers with what a function makes of the request.
class FakeChannel : public Channel {
 public:
  using Make = std::function<Answer<Json>(const Json& request)>;
  explicit FakeChannel(Make make) : make_(std::move(make)) {}
  Answer<Json> call(const Json& request, double) override { return make_(request); }

 private:
  Make make_;
};

class ClientTest : public ::testing::Test {
 protected:
  void SetUp() override { folder_ = core::TemporaryFolder::make(std::filesystem::temp_directory_path(), "trainmark-client").value(); }
  bool folder_is_empty() const { return std::filesystem::is_empty(folder_.path()); }
  core::TemporaryFolder folder_;
};

const Json kHello = {{"protocol", 1},
                     {"platform", "p"},
                     {"framework", "f"},
                     {"device", "d"},
                     {"versions", Json::object()},
                     {"threads", 2},
                     {"dtypes", Json::array({"float32"})},
                     {"layers", Json::array()},
                     {"modes", Json::array()},
                     {"optimisers", Json::array()},
                     {"abilities", Json::array()}};

TEST_F(ClientTest, HelloWithAWrongMemberIsAProtocolFailure) {
  FakeChannel good([](const Json& request) {
    EXPECT_EQ(request.at("request"), "hello");
    EXPECT_EQ(request.at("protocol"), 1);
    return kHello;
  });
  const auto hello = Client(good, folder_.path()).hello(1);
  ASSERT_TRUE(hello.ok()) << hello.failure().message;
  EXPECT_EQ(hello->dtypes, std::vector<std::string>{"float32"});
  EXPECT_EQ(hello->raw, kHello);
  for (const auto& [key, value] : kHello.items()) {
    for (const Json& wrong : {Json(), Json(-1.5), Json::array({1})}) {
      FakeChannel bad([&, name = key](const Json&) {
        Json answer = kHello;
        answer[name] = wrong;
        return answer;
      });
      const auto refused = Client(bad, folder_.path()).hello(1);
      ASSERT_FALSE(refused.ok()) << key << " " << wrong.dump();
      EXPECT_EQ(refused.failure().kind, FailureKind::kProtocol);
      EXPECT_NE(refused.failure().message.find(key), std::string::npos) << refused.failure().message;
    }
  }
}

TEST_F(ClientTest, AnUnavailablePlatformNeedsNoFurtherMembers) {
  FakeChannel channel([](const Json&) {
    return Json{{"protocol", 1}, {"platform", "cuda"}, {"framework", "f"}, {"unavailable", "no device"}, {"remedy", "buy one"}};
  });
  const auto hello = Client(channel, folder_.path()).hello(1);
  ASSERT_TRUE(hello.ok()) << hello.failure().message;
  EXPECT_EQ(hello->unavailable, "no device");
  EXPECT_EQ(hello->remedy, "buy one");
}

TEST_F(ClientTest, ATrainAnswerNeedsAllItsFilesInFullLength) {
  for (const int64_t losses : {0, 2, 3, 4}) {
    for (const int64_t times : {0, 1, 3}) {
      FakeChannel channel([&](const Json& request) {
        write_raw<double>(request.at("losses").get<std::string>(), std::vector<double>(static_cast<size_t>(losses), 0.5)).value();
        write_raw<uint64_t>(request.at("times").get<std::string>(), std::vector<uint64_t>(static_cast<size_t>(times), 9)).value();
        return Json{{"indices_crc", 4294967295u}};
      });
      const auto trained = Client(channel, folder_.path()).train({0, 3, Granularity::kEpoch, false}, 1);
      ASSERT_EQ(trained.ok(), losses == 3 && times == 1) << losses << " " << times;
      if (trained.ok()) {
        EXPECT_EQ(trained->indices_crc, 4294967295u);
      } else {
        EXPECT_EQ(trained.failure().kind, FailureKind::kProtocol);
      }
      EXPECT_TRUE(folder_is_empty());
    }
  }
}

TEST_F(ClientTest, LossesAreReadToTheBit) {
  const std::vector<double> losses = {0.1, -0.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(), 5e-324};
  FakeChannel channel([&](const Json& request) {
    write_raw<double>(request.at("losses").get<std::string>(), losses).value();
    write_raw<uint64_t>(request.at("times").get<std::string>(), std::vector<uint64_t>{1, 2, 3, 4, 5}).value();
    write_raw<int32_t>(request.at("correct").get<std::string>(), std::vector<int32_t>{5, 4, 3, 2, 1}).value();
    EXPECT_EQ(request.at("granularity"), "step");
    return Json{{"indices_crc", 0}};
  });
  const auto trained = Client(channel, folder_.path()).train({2, 5, Granularity::kStep, true}, 1);
  ASSERT_TRUE(trained.ok()) << trained.failure().message;
  EXPECT_EQ(std::memcmp(trained->losses.data(), losses.data(), losses.size() * 8), 0);
  EXPECT_EQ(trained->times_ns, (std::vector<int64_t>{1, 2, 3, 4, 5}));
  EXPECT_EQ(trained->correct, (std::vector<int32_t>{5, 4, 3, 2, 1}));
}

TEST_F(ClientTest, WrongNumbersAreProtocolFailures) {
  const auto files = [](const Json& request) {
    if (request.contains("losses")) write_raw<double>(request.at("losses").get<std::string>(), std::vector<double>(1)).value();
    if (request.contains("times")) write_raw<uint64_t>(request.at("times").get<std::string>(), std::vector<uint64_t>{UINT64_MAX}).value();
    if (request.contains("predictions")) write_raw<int32_t>(request.at("predictions").get<std::string>(), std::vector<int32_t>(1)).value();
  };
  const auto answering = [&](Json answer) {
    return FakeChannel([=](const Json& request) {
      files(request);
      return answer;
    });
  };
  for (const Json& crc : {Json(), Json(-1), Json(4294967296), Json("0"), Json(1.5)}) {
    FakeChannel channel = answering({{"indices_crc", crc}});
    EXPECT_EQ(Client(channel, folder_.path()).train({0, 1}, 1).failure().kind, FailureKind::kProtocol) << crc.dump();
  }
  FakeChannel late = answering({{"indices_crc", 1}});
  EXPECT_NE(Client(late, folder_.path()).train({0, 1}, 1).failure().message.find("18446744073709551615"), std::string::npos);
  FakeChannel slow = answering({{"loss", 1.5}, {"elapsed_ns", -1}});
  EXPECT_EQ(Client(slow, folder_.path()).evaluate(1, 1).failure().kind, FailureKind::kProtocol);
  FakeChannel more = answering({{"loss", 1.5}, {"elapsed_ns", 1}});
  EXPECT_EQ(Client(more, folder_.path()).evaluate(2, 1).failure().kind, FailureKind::kProtocol);
  FakeChannel nothing = answering({{"elapsed_ns", 1}});
  EXPECT_EQ(Client(nothing, folder_.path()).evaluate(1, 1).failure().kind, FailureKind::kProtocol);
  FakeChannel memory = answering({{"parameters", "much"}});
  EXPECT_EQ(Client(memory, folder_.path()).memory(1).failure().kind, FailureKind::kProtocol);
  FakeChannel no_file = answering(Json::object());
  EXPECT_EQ(Client(no_file, folder_.path()).dump(1).failure().kind, FailureKind::kProtocol);
  FakeChannel list = answering(Json::array());
  EXPECT_EQ(Client(list, folder_.path()).memory(1).failure().kind, FailureKind::kProtocol);
  EXPECT_TRUE(folder_is_empty());
}

TEST_F(ClientTest, FailuresOfTheWorkerComeThroughAndLeaveNoFile) {
  FakeChannel channel([](const Json& request) -> Answer<Json> {
    if (request.contains("losses")) write_raw<double>(request.at("losses").get<std::string>(), std::vector<double>(1)).value();
    return Failure{FailureKind::kOutOfMemory, "too large"};
  });
  Client client(channel, folder_.path());
  EXPECT_EQ(client.train({0, 1}, 1).failure().kind, FailureKind::kOutOfMemory);
  EXPECT_EQ(client.load({{"w", {{1}, std::vector<float>{1}}}}, 1).failure().message, "too large");
  EXPECT_TRUE(folder_is_empty());
}

TEST_F(ClientTest, IdsAscend) {
  std::vector<int64_t> ids;
  FakeChannel channel([&](const Json& request) {
    ids.push_back(request.at("id").get<int64_t>());
    return Json::object();
  });
  Client client(channel, folder_.path());
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(client.quit(1).ok());
  EXPECT_EQ(ids, (std::vector<int64_t>{1, 2, 3}));
}

// A worker chooses what lies where its files belong: a pipe would be waited for, a file without end would fill the memory.
TEST_F(ClientTest, RefusesPipesAndEndlessFilesAtOnce) {
  const std::vector<std::function<void(const std::string& path)>> kinds = {
      [](const std::string& path) { ASSERT_EQ(mkfifo(path.c_str(), 0600), 0); },
      [](const std::string& path) { std::filesystem::create_symlink("/dev/zero", path); },
      [](const std::string& path) {
        std::ofstream{path};
        std::filesystem::resize_file(path, uintmax_t{1} << 40);
      },
  };
  for (const auto& make : kinds) {
    FakeChannel channel([&](const Json& request) -> Answer<Json> {
      for (const char* member : {"losses", "predictions", "file"}) {
        if (request.contains(member)) make(request.at(member).get<std::string>());
      }
      return Json{{"indices_crc", 1}, {"loss", 1.5}, {"elapsed_ns", 1}};
    });
    Client client(channel, folder_.path());
    EXPECT_EQ(client.train({0, 2}, 1).failure().kind, FailureKind::kProtocol);
    EXPECT_EQ(client.evaluate(2, 1).failure().kind, FailureKind::kProtocol);
    EXPECT_EQ(client.dump(1).failure().kind, FailureKind::kProtocol);
    EXPECT_TRUE(folder_is_empty());
  }
}

// A sparse file of a terabyte costs the worker nothing; without a limit the supervisor would try to read it.
TEST_F(ClientTest, AStateOfAbsurdLengthIsNotRead) {
  core::TemporaryFolder materials = std::move(*core::TemporaryFolder::make(std::filesystem::temp_directory_path(), "trainmark-test"));
  workload::MaterialFiles files;
  files.workload = materials.path() / "workload.json";
  files.initial_state = materials.path() / "initial-state.safetensors";
  std::ofstream(files.initial_state) << std::string(100, 'x');
  FakeChannel channel([&](const Json& request) -> Answer<Json> {
    if (request.at("request") == "dump") {
      std::ofstream{request.at("file").get<std::string>()};
      std::filesystem::resize_file(request.at("file").get<std::string>(), uintmax_t{1} << 40);
    }
    return Json{{"build_ns", 1}, {"compile_ns", 1}, {"input_ns", 1}, {"input_bytes", 1}};
  });
  Client client(channel, folder_.path());
  ASSERT_TRUE(client.prepare(files, 1, "float32", 1).ok());
  const auto dumped = client.dump(1);
  ASSERT_FALSE(dumped.ok());
  EXPECT_NE(dumped.failure().message.find("no state of this workload has more than 1049376"), std::string::npos) << dumped.failure().message;
}

TEST(ReadAnswer, RefusesADeepAnswerInsteadOfCopyingIt) {
  const std::string deep = std::string(400'000, '[') + std::string(400'000, ']');
  const auto answer = read_answer(R"({"id": 1, "ok": )" + deep + "}", 1, "hello");
  EXPECT_EQ(answer.failure().kind, FailureKind::kProtocol);
  EXPECT_LT(answer.failure().message.size(), 400u);
  EXPECT_EQ(read_answer(R"({"id": )" + deep + "}", 1, "hello").failure().kind, FailureKind::kProtocol);
}

}  // namespace
}  // namespace trainmark::worker
