// Whatever a line holds, the worker answers with an error and lives: after each mistake it still trains.
#include <gtest/gtest.h>

#include "worker_testing.hpp"

namespace trainmark::worker {
namespace {

using core::Json;
using tests::make_tiny;

class MalformedRequest : public ::testing::Test {
 protected:
  MalformedRequest() : worker_(*backends::find_backend("reference")), tiny_(make_tiny({.network = "mnist-mlp-10"})), client_(worker_, tiny_->folder()) {}

  void prepare() { ASSERT_TRUE(client_.prepare(tiny_->files(), 1, "float64", kTimeout).ok()); }

  /// A good prepare request, as the client sends it.
  Json good_prepare() const {
    const auto& files = tiny_->files();
    Json orders = Json::array();
    for (const auto& order : files.orders) orders.push_back(order.string());
    return {{"id", 5},
            {"request", "prepare"},
            {"workload", files.workload.string()},
            {"seed", 7},
            {"initial_state", files.initial_state.string()},
            {"tables", files.tables.string()},
            {"orders", orders},
            {"order_of_epoch", files.order_of_epoch},
            {"samples", files.samples},
            {"threads", 1},
            {"dtype", "float64"}};
  }
  Json good_train() const {
    return {{"id", 6},
            {"request", "train"},
            {"first_step", 0},
            {"steps", 2},
            {"granularity", "epoch"},
            {"losses", (tiny_->folder() / "l").string()},
            {"times", (tiny_->folder() / "t").string()}};
  }

  /// The answer is an error of that kind which says `said`, with the same id.
  void refused(const Json& request, const std::string& kind, const std::string& said) {
    const Json answer = worker_.send(request.dump());
    ASSERT_TRUE(answer.is_object()) << "the worker died of " << request.dump().substr(0, 200);
    ASSERT_TRUE(answer.contains("error")) << request.dump().substr(0, 200) << " gave " << answer.dump().substr(0, 200);
    EXPECT_EQ(answer["id"], request.is_object() ? request.value("id", Json()) : Json());
    EXPECT_EQ(answer["error"]["kind"], kind) << answer.dump();
    EXPECT_NE(answer["error"]["message"].get<std::string>().find(said), std::string::npos) << said << " not in: " << answer.dump();
  }
  void expect_alive() { EXPECT_TRUE(worker_.send(R"({"id": 1, "request": "hello"})").contains("ok")); }

  PipedWorker worker_;
  std::unique_ptr<tests::Tiny> tiny_;
  Client client_;
};

TEST_F(MalformedRequest, LinesThatAreNotRequests) {
  for (const std::string line : {"", "{", "nonsense", "[1, 2]", "null", "7", R"({"id": 1})", R"({"id": 1, "request": 7})", R"({"id": 1, "request": "hello"} x)",
                                 "{\"id\": 1, \"request\": \"\xff\xfe\"}", R"({"id": 1, "request": "hello", "protocol": "one"})", R"({"id": 1e999})"}) {
    const Json answer = worker_.send(line);
    ASSERT_TRUE(answer.is_object()) << "the worker died of " << line;
    EXPECT_TRUE(answer.contains("error")) << line;
  }
  expect_alive();
}

TEST_F(MalformedRequest, LinesThatAreTooLongOrTooDeep) {
  const Json answer = worker_.send(std::string(kMostLineBytes + 1, 'x'));
  EXPECT_NE(answer["error"]["message"].get<std::string>().find("1048576"), std::string::npos);
  const Json much = worker_.send(std::string(3 * kMostLineBytes + 77, ' '));
  EXPECT_TRUE(much.contains("error"));
  EXPECT_TRUE(worker_.send(std::string(500'000, '[')).contains("error"));
  const std::string longest = R"({"id": 3, "request": "hello"})";
  EXPECT_TRUE(worker_.send(longest + std::string(kMostLineBytes - longest.size(), ' ')).contains("ok"));
  expect_alive();
}

TEST_F(MalformedRequest, UnknownRequestsGetASuggestion) {
  refused({{"id", "x"}, {"request", "trains"}}, "unsupported", "did you mean 'train'?");
  expect_alive();
}

TEST_F(MalformedRequest, NothingWorksBeforePrepare) {
  for (const char* name : {"train", "evaluate", "load", "dump", "memory", "reset"}) refused({{"id", 2}, {"request", name}}, "failed", "send prepare first");
  expect_alive();
}

TEST_F(MalformedRequest, PrepareWithMissingKeysOrWrongTypes) {
  for (const char* key : {"workload", "seed", "initial_state", "tables", "orders", "order_of_epoch", "samples", "threads", "dtype"}) {
    Json request = good_prepare();
    request.erase(key);
    refused(request, "failed", key);
    request[key] = Json{{"a", 1}};
    refused(request, "failed", key);
  }
  expect_alive();
}

TEST_F(MalformedRequest, PrepareWithWrongValues) {
  const auto changed = [&](const char* pointer, const Json& value, const std::string& kind, const std::string& said) {
    Json request = good_prepare();
    request[Json::json_pointer(pointer)] = value;
    refused(request, kind, said);
  };
  const std::string text = (tiny_->folder() / "text").string();
  core::write_file(text, std::string_view("this is not what it should be")).value();
  changed("/threads", 0, "failed", "'threads'");
  changed("/threads", 1e18, "failed", "'threads'");
  changed("/dtype", "float8", "unsupported", "float8");
  changed("/device", "0", "failed", "device");
  changed("/seed", -1, "failed", "'seed'");
  changed("/workload", "no-such-file", "failed", "no-such-file");
  changed("/workload", text, "failed", "not valid JSON");
  changed("/initial_state", "no-such-file", "failed", "no-such-file");
  changed("/initial_state", text, "failed", "text");
  changed("/tables", text, "failed", "256 values");
  changed("/tables", "/", "failed", "/");
  changed("/orders/0", text, "failed", "indices");
  changed("/orders", Json::array(), "failed", "'orders'");
  changed("/order_of_epoch", {0}, "failed", "'order_of_epoch'");
  changed("/order_of_epoch", {0, 2}, "failed", "'order_of_epoch'");
  changed("/order_of_epoch", {0, -1}, "failed", "'order_of_epoch'");
  changed("/samples/train/images/offset", -1, "failed", "samples.train.images");
  changed("/samples/train/images/offset", 17, "failed", "samples.train.images");
  changed("/samples/train/images/offset", INT64_MAX, "failed", "samples.train.images");
  changed("/samples/train/images/shape", {95, 1, 28, 28}, "failed", "'shape'");
  changed("/samples/evaluation/labels/file", "no-such-file", "failed", "no-such-file");
  changed("/samples/evaluation/labels/file", tiny_->files().samples["evaluation"]["images"]["file"], "failed", "label");
  expect_alive();
}

TEST_F(MalformedRequest, OrdersOutsideTheSamples) {
  std::vector<int32_t> order(96, 0);
  const std::string path = (tiny_->folder() / "order").string();
  for (const int32_t wrong : {-1, 96}) {
    order[95] = wrong;
    core::write_file(path, std::as_bytes(std::span(order))).value();
    Json request = good_prepare();
    request["orders"][0] = path;
    refused(request, "failed", "96" == std::to_string(wrong) ? "index 96" : "index -1");
  }
  expect_alive();
}

TEST_F(MalformedRequest, InitialStateOfAnotherNetwork) {
  const auto other = make_tiny({.network = "mnist-cnn"});
  Json request = good_prepare();
  request["initial_state"] = other->files().initial_state.string();
  refused(request, "failed", "conv1");
  refused({{"id", 2}, {"request", "memory"}}, "failed", "send prepare first");
  prepare();
}

TEST_F(MalformedRequest, TrainWithMissingKeysWrongTypesOrWrongValues) {
  prepare();
  for (const char* key : {"first_step", "steps", "granularity", "losses", "times"}) {
    Json request = good_train();
    request.erase(key);
    refused(request, "failed", key);
    request[key] = Json{{"a", 1}};
    refused(request, "failed", key);
  }
  const auto changed = [&](const char* key, const Json& value, const std::string& kind, const std::string& said) {
    Json request = good_train();
    request[key] = value;
    refused(request, kind, said);
  };
  changed("steps", 0, "failed", "steps");
  changed("steps", -2, "failed", "steps");
  changed("steps", 7, "failed", "6 steps of this training");
  changed("steps", INT64_MAX, "failed", "6 steps of this training");
  changed("first_step", -1, "failed", "6 steps of this training");
  changed("first_step", 5, "failed", "6 steps of this training");
  changed("first_step", INT64_MAX, "failed", "6 steps of this training");
  changed("granularity", "operation", "unsupported", "operation");
  changed("losses", "/no/such/folder/losses", "failed", "/no/such/folder/losses");
  changed("correct", 7, "failed", "'correct'");
  EXPECT_TRUE(worker_.send(good_train().dump()).contains("ok"));
}

TEST_F(MalformedRequest, EvaluateLoadAndDump) {
  prepare();
  refused({{"id", 2}, {"request", "evaluate"}}, "failed", "'split'");
  refused({{"id", 2}, {"request", "evaluate"}, {"split", "test"}, {"predictions", "p"}}, "unsupported", "test");
  refused({{"id", 2}, {"request", "evaluate"}, {"split", "evaluation"}}, "failed", "'predictions'");
  refused({{"id", 2}, {"request", "load"}}, "failed", "'state'");
  refused({{"id", 2}, {"request", "load"}, {"state", "no-such-file"}}, "failed", "no-such-file");
  refused({{"id", 2}, {"request", "dump"}}, "failed", "'what'");
  refused({{"id", 2}, {"request", "dump"}, {"what", "gradients"}, {"file", "f"}}, "unsupported", "gradients");
  refused({{"id", 2}, {"request", "dump"}, {"what", "state"}, {"file", "/no/such/folder/f"}}, "failed", "/no/such/folder");
  expect_alive();
}

TEST_F(MalformedRequest, LoadOfAWrongStateChangesNothing) {
  prepare();
  const auto before = client_.dump(kTimeout);
  auto state = *before;
  state.erase("fc1.bias");
  EXPECT_FALSE(client_.load(state, kTimeout).ok());
  state = *before;
  state["fc1.bias"].shape = {2, 5};
  EXPECT_FALSE(client_.load(state, kTimeout).ok());
  const auto after = client_.dump(kTimeout);
  for (const auto& [name, tensor] : *before) EXPECT_EQ(after->at(name).values, tensor.values) << name;
}

TEST_F(MalformedRequest, EndOfInputEndsTheWorkerEvenWithinALine) {
  EXPECT_TRUE(worker_.send(R"({"id": 1, "request": "hello"})").contains("ok"));
  EXPECT_EQ(worker_.end(), 0);
}

}  // namespace
}  // namespace trainmark::worker
