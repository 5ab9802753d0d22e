// Downloads against a local server that cuts off, lies, redirects and stalls.
#include "data/fetch.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <fstream>

#include "core/hash.hpp"
#include "data/data_testing.hpp"
#include "support/http_server.hpp"

namespace trainmark::data {
namespace {

namespace fs = std::filesystem;
using tests::Answer;
using tests::HttpServer;

class Fetch : public WithFolder {
 protected:
  const std::string content_ = noise(200'000);
  const SourceFile file_{"f.gz", 200'000, core::sha256_hex(content_)};
  HttpServer server_;
  std::vector<std::string> messages_;

  core::Result<void> get(const std::vector<std::string>& mirrors) {
    DownloadOptions options;
    options.limits = {2, 1, 1000};
    options.pause_ms = 1;
    options.message = [this](std::string_view text) { messages_.emplace_back(text); };
    return download(file_, mirrors, folder() / "d", options);
  }
  core::Result<void> get() { return get({server_.address()}); }
  void expect_whole() const {
    EXPECT_EQ(core::read_file(folder() / "d" / "f.gz").value(), content_);
    EXPECT_FALSE(fs::exists(part()));
  }
  void expect_refused(const Answer& answer, std::string_view word) {
    server_.answer("f.gz", {answer});
    const auto got = get();
    ASSERT_FALSE(got.ok());
    EXPECT_EQ(got.error().kind, core::ErrorKind::kTool);
    EXPECT_NE(got.error().message.find(word), std::string::npos) << got.error().message;
    EXPECT_NE(got.error().message.find(server_.address()), std::string::npos);
    EXPECT_NE(got.error().message.find("--mirror"), std::string::npos);
    EXPECT_FALSE(fs::exists(folder() / "d" / "f.gz"));
  }
  fs::path part() const { return folder() / "d" / "f.gz.part"; }
  void write_part(std::string_view text) const {
    fs::create_directories(folder() / "d");
    std::ofstream(part(), std::ios::binary) << text;
  }
};

TEST_F(Fetch, GetsAFileOnce) {
  server_.answer("f.gz", {{.body = content_}});
  ASSERT_TRUE(get().ok());
  expect_whole();
  ASSERT_TRUE(get().ok());
  EXPECT_EQ(server_.requests().size(), 1u);
}

TEST_F(Fetch, TakesABodyOfUnsaidLength) {
  server_.answer("f.gz", {{.body = content_, .said_length = -2}});
  ASSERT_TRUE(get().ok());
  expect_whole();
}

TEST_F(Fetch, GoesOnWhereTheServerCutsOff) {
  server_.answer("f.gz", {{.body = content_, .cut_after = 60'000}, {.body = content_, .cut_after = 50'000}, {.body = content_}});
  ASSERT_TRUE(get().ok());
  expect_whole();
  EXPECT_EQ(server_.requests(), (std::vector<std::string>{"/f.gz", "/f.gz 60000-", "/f.gz 110000-"}));
  EXPECT_EQ(messages_.size(), 2u);
}

TEST_F(Fetch, GoesOnAfterAStallAndKeepsThePartOfAServerThatOnlyStalls) {
  server_.answer("f.gz", {{.body = content_, .stall_after = 60'000}, {.body = content_, .stall_after = 0}});
  const auto got = get();
  ASSERT_FALSE(got.ok());
  EXPECT_NE(got.error().message.find("less than 1000 bytes a second for 1 s"), std::string::npos) << got.error().message;
  EXPECT_EQ(fs::file_size(part()), 60'000u);
  EXPECT_EQ(server_.requests(), (std::vector<std::string>{"/f.gz", "/f.gz 60000-"}));
  server_.answer("f.gz", {{.body = content_}});
  ASSERT_TRUE(get().ok());
  expect_whole();
  EXPECT_EQ(server_.requests().back(), "/f.gz 60000-");
}

TEST_F(Fetch, BeginsAgainWhereRangesAreNotHonoured) {
  write_part(content_.substr(0, 1000));
  server_.answer("f.gz", {{.body = content_, .ranges = false}});
  ASSERT_TRUE(get().ok());
  expect_whole();
  EXPECT_EQ(server_.requests(), (std::vector<std::string>{"/f.gz 1000-", "/f.gz"}));
}

TEST_F(Fetch, BeginsAgainWhenTheServerAnswersWithAnotherRange) {
  write_part(content_.substr(0, 1000));
  server_.answer("f.gz", {{.body = content_, .said_range = "bytes 999-199999/200000"}, {.body = content_}});
  ASSERT_TRUE(get().ok());
  expect_whole();
}

TEST_F(Fetch, BytesOfAnotherRangeAreNotWritten) {
  server_.answer("f.gz", {{.body = content_, .said_range = "bytes 0-198999/200000"}});
  write_part("12345");
  const int descriptor = ::open(part().c_str(), O_RDWR | O_APPEND | O_CLOEXEC);
  const HttpResult got = http_append(server_.address() + "f.gz", descriptor, 5, 200'000, {2, 1, 1000}, {});
  ::close(descriptor);
  EXPECT_EQ(got.outcome, HttpOutcome::kRestart) << got.reason;
  EXPECT_EQ(fs::file_size(part()), 5u);
}

TEST_F(Fetch, BeginsAgainWhenThePartIsOfAnotherFile) {
  write_part("something else altogether");
  server_.answer("f.gz", {{.body = content_}});
  ASSERT_TRUE(get().ok());
  expect_whole();
  write_part(std::string(300'000, 'x'));
  fs::remove(folder() / "d" / "f.gz");
  ASSERT_TRUE(get().ok());
  expect_whole();
}

TEST_F(Fetch, UsesAPartThatIsWholeAlready) {
  write_part(content_);
  ASSERT_TRUE(get().ok());
  expect_whole();
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(Fetch, ReplacesADamagedFile) {
  fs::create_directories(folder() / "d");
  std::ofstream(folder() / "d" / "f.gz") << "damaged";
  server_.answer("f.gz", {{.body = content_}});
  ASSERT_TRUE(get().ok());
  expect_whole();
}

TEST_F(Fetch, RefusesLies) {
  std::string other = content_;
  other[77] = static_cast<char>(other[77] ^ 1);
  expect_refused({.body = other}, "SHA-256 is not the published one");
  expect_refused({.body = content_ + "x"}, "announces 200001 bytes where 200000");
  expect_refused({.body = content_.substr(1)}, "announces 199999 bytes");
  expect_refused({.body = content_ + noise(100'000), .said_length = -2}, "more than the 200000 bytes");
  expect_refused({.body = "<html>log in</html>", .type = "text/html; charset=utf-8"}, "a web page");
  expect_refused({.body = "gone", .status = 404}, "answered 404");
  expect_refused({.body = "oh", .status = 503}, "answered 503");
  EXPECT_FALSE(fs::exists(part())) << "nothing of a lie is kept";
}

TEST_F(Fetch, FollowsAFewRedirectsToTheWebOnly) {
  server_.answer("real", {{.body = content_}});
  server_.answer("f.gz", {{.body = "moved", .status = 302, .location = "/real"}});
  ASSERT_TRUE(get().ok());
  expect_whole();
  fs::remove(folder() / "d" / "f.gz");
  for (int i = 0; i < 5; ++i)
    server_.answer(fmt::format("hop{}", i), {{.body = "x", .status = 301, .location = i == 0 ? "/real" : fmt::format("/hop{}", i - 1)}});
  server_.answer("f.gz", {{.body = "x", .status = 302, .location = "/hop3"}});
  ASSERT_TRUE(get().ok()) << "five";
  fs::remove(folder() / "d" / "f.gz");
  expect_refused({.body = "x", .status = 302, .location = "/hop4"}, "redirects more than 5 times");
  const fs::path secret = folder() / "secret";
  std::ofstream(secret) << content_;
  expect_refused({.body = "x", .status = 302, .location = "file://" + secret.string()}, "neither http nor https");
  expect_refused({.body = "x", .status = 302, .location = "ftp://127.0.0.1/x"}, "neither http nor https");
}

TEST_F(Fetch, TriesTheNextMirrorAndGoesOnFromTheFirst) {
  server_.answer("a/f.gz", {{.body = content_, .cut_after = 1000}, {.body = "gone", .status = 404}});
  server_.answer("b/f.gz", {{.body = content_}});
  ASSERT_TRUE(get({server_.address() + "a/", server_.address() + "b/"}).ok());
  expect_whole();
  EXPECT_EQ(server_.requests().back(), "/b/f.gz 1000-");
  EXPECT_NE(messages_.back().find("trying the next mirror"), std::string::npos);
}

TEST_F(Fetch, OfflineIsSaidWithWhatToDo) {
  const auto got = get({"http://127.0.0.1:1/", "http://name.invalid/"});
  ASSERT_FALSE(got.ok());
  for (const char* word : {"http://127.0.0.1:1/f.gz", "http://name.invalid/f.gz", "cannot be reached", "online?", "--mirror URL", "by hand"})
    EXPECT_NE(got.error().message.find(word), std::string::npos) << got.error().message;
  EXPECT_FALSE(fs::exists(folder() / "d")) << "an empty folder would be listed as a data set";
}

TEST_F(Fetch, OneProcessAtATimeDownloads) {
  write_part("");
  const int other = ::open(part().c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(::flock(other, LOCK_EX), 0);
  const auto got = get();
  ::close(other);
  ASSERT_FALSE(got.ok());
  EXPECT_NE(got.error().message.find("another trainmark"), std::string::npos) << got.error().message;
}

}  // namespace
}  // namespace trainmark::data
