// Downloads against a local server that cuts off, lies, redirects and stalls; archives that try to escape or to explode.
#include "data/fetch.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <fstream>

#include "core/hash.hpp"
#include "data/cache_entries.hpp"
#include "data/data_testing.hpp"
#include "data/dataset.hpp"
#include "data/unpack.hpp"
#include "support/http_server.hpp"
#include "support/real_data.hpp"

namespace trainmark::data {
namespace {

namespace fs = std::filesystem;
using tests::Answer;
using tests::HttpServer;

std::string noise(size_t size) {
  std::string text(size, '\0');
  uint32_t state = 7;
  for (char& c : text) c = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  return text;
}

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

// ---- Data sets of files and of archives ----

struct Entry {
  std::string name, content;
  unsigned type = AE_IFREG;
  std::string link = "";
};

std::string make_tar(const fs::path& path, const std::vector<Entry>& entries) {
  archive* writer = archive_write_new();
  archive_write_add_filter_gzip(writer);
  archive_write_set_format_pax_restricted(writer);
  archive_write_open_filename(writer, path.c_str());
  for (const Entry& e : entries) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, e.name.c_str());
    archive_entry_set_filetype(entry, e.type);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, static_cast<la_int64_t>(e.content.size()));
    if (e.type == AE_IFLNK) archive_entry_set_symlink(entry, e.link.c_str());
    if (e.type == AE_IFREG && !e.link.empty()) archive_entry_set_hardlink(entry, e.link.c_str());
    archive_write_header(writer, entry);
    archive_write_data(writer, e.content.data(), e.content.size());
    archive_entry_free(entry);
  }
  archive_write_close(writer);
  archive_write_free(writer);
  return core::read_file(path).value();
}

class FetchSet : public WithFolder {
 protected:
  HttpServer server_;
  fs::path cache() const { return folder() / "cache"; }
  FetchOptions options() const {
    FetchOptions options;
    options.mirror = server_.address();
    options.download.pause_ms = 1;
    return options;
  }
  Source serve(const std::string& name, const std::vector<std::pair<std::string, std::string>>& files, bool archive) {
    Source source{name, {}, {}, archive};
    for (const auto& [file, content] : files) {
      source.files.push_back({file, static_cast<int64_t>(content.size()), core::sha256_hex(content)});
      server_.answer(name + "/" + file, {{.body = content}});
    }
    return source;
  }
  /// Unpacking these entries fails with the word, and nothing is outside of the folder or in the cache.
  void expect_bad_archive(const std::vector<Entry>& entries, std::string_view word) {
    const Source source = serve("cifar-10", {{"c.tar.gz", make_tar(folder() / "c.tar.gz", entries)}}, true);
    const auto got = fetch(source, cache(), options());
    ASSERT_FALSE(got.ok());
    EXPECT_EQ(got.error().kind, core::ErrorKind::kUsage);
    EXPECT_NE(got.error().message.find(word), std::string::npos) << got.error().message;
    EXPECT_FALSE(fs::exists(cache() / "cifar-10"));
    EXPECT_FALSE(fs::exists(folder() / "evil"));
    EXPECT_FALSE(fs::exists(cache() / "evil"));
  }
};

TEST_F(FetchSet, FilesLieUnderTheNameOfTheSet) {
  const Source source = serve("mnist", {{"a.gz", "one"}, {"b.gz", "two!"}}, false);
  std::vector<std::string> begun;
  FetchOptions with = options();
  with.begin = [&](const SourceFile& file) { begun.push_back(file.name); };
  const auto got = fetch(source, cache(), with);
  ASSERT_TRUE(got.ok()) << got.error().message;
  EXPECT_EQ(*got, cache() / "mnist");
  EXPECT_EQ(core::read_file(*got / "b.gz").value(), "two!");
  EXPECT_EQ(begun, (std::vector<std::string>{"a.gz", "b.gz"}));
}

TEST_F(FetchSet, ArchiveIsUnpackedVerifiedAndRemoved) {
  const std::string record = std::string(1, '\3') + noise(3072);
  const std::string tar = make_tar(
      folder() / "c.tar.gz",
      {{"cifar-10-batches-bin/", "", AE_IFDIR}, {"cifar-10-batches-bin/data_batch_1.bin", record + record}, {"cifar-10-batches-bin/test_batch.bin", record}});
  const Source source = serve("cifar-10", {{"c.tar.gz", tar}}, true);
  const auto got = fetch(source, cache(), options());
  ASSERT_TRUE(got.ok()) << got.error().message;
  EXPECT_FALSE(fs::exists(cache() / "downloads" / "c.tar.gz"));
  const auto dataset = load_dataset("cifar-10");
  ASSERT_TRUE(dataset.ok()) << dataset.error().message;
  EXPECT_EQ(dataset->train.samples.count, 2);
  ASSERT_TRUE(fetch(source, cache(), options()).ok());
  EXPECT_EQ(server_.requests().size(), 1u) << "a whole set is not fetched again";
  EXPECT_TRUE(check_sums(*got).ok());
  const fs::path batch = *got / "cifar-10-batches-bin" / "test_batch.bin";
  std::fstream(batch, std::ios::in | std::ios::out | std::ios::binary).seekp(9).put('!');
  const auto checked = check_sums(*got);
  ASSERT_FALSE(checked.ok());
  EXPECT_NE(checked.error().message.find(batch.string()), std::string::npos);
  const auto again = fetch(source, cache(), options());
  ASSERT_FALSE(again.ok());
  EXPECT_NE(again.error().message.find("data clean cifar-10"), std::string::npos);
}

TEST_F(FetchSet, ArchivesCannotLeaveTheirFolder) {
  expect_bad_archive({{"../evil", "x"}}, "'../evil'");
  expect_bad_archive({{"good", "x"}, {"a/../../evil", "x"}}, "a/../../evil");
  expect_bad_archive({{(folder() / "evil").string(), "x"}}, "would leave");
  expect_bad_archive({{"link", "", AE_IFLNK, ".."}, {"link/evil", "x"}}, "neither a file nor a folder");
  expect_bad_archive({{"good", "x"}, {"hard", "", AE_IFREG, "good"}}, "neither a file nor a folder");
  expect_bad_archive({{"pipe", "", AE_IFIFO}}, "neither a file nor a folder");
  EXPECT_TRUE(is_safe_entry("a/b..c/...d"));
  EXPECT_FALSE(is_safe_entry(".."));
  EXPECT_FALSE(is_safe_entry(""));
}

TEST_F(FetchSet, ArchivesCannotExplode) {
  expect_bad_archive({{"zeros", std::string(30'000'000, '\0')}}, "more than it should");
  std::vector<Entry> many;
  for (int i = 0; i < 1001; ++i) many.push_back({"f" + std::to_string(i), ""});
  expect_bad_archive(many, "more than 1000 entries");
}

TEST_F(FetchSet, DamagedArchivesAreRefused) {
  std::string tar = make_tar(folder() / "c.tar.gz", {{"a", noise(100'000)}});
  const Source cut = serve("cifar-10", {{"c.tar.gz", tar.substr(0, tar.size() / 2)}}, true);
  EXPECT_FALSE(fetch(cut, cache(), options()).ok());
  const Source other = serve("cifar-10", {{"d.tar.gz", "this is no archive at all"}}, true);
  EXPECT_FALSE(fetch(other, cache(), options()).ok());
  EXPECT_FALSE(fs::exists(cache() / "cifar-10"));
}

TEST_F(FetchSet, MirrorsMustBeOfTheWeb) {
  const Source source = serve("mnist", {{"a.gz", "one"}}, false);
  FetchOptions with = options();
  for (const char* mirror : {"file:///etc/", "ftp://x/", "here", "http://"}) {
    with.mirror = mirror;
    const auto got = fetch(source, cache(), with);
    ASSERT_FALSE(got.ok());
    EXPECT_EQ(got.error().kind, core::ErrorKind::kUsage);
    EXPECT_NE(got.error().message.find(mirror), std::string::npos);
  }
}

// The sums of the sources against the files themselves. train-images is there in another packing than the published one.
TEST(Sources, SumsAreThoseOfTheRealFiles) {
  const auto where = tests::real_mnist();
  if (!where) GTEST_SKIP() << tests::kNoMnist;
  int same = 0;
  for (const SourceFile& file : (*find_source("mnist"))->files) same += is_complete(file, *where / file.name) ? 1 : 0;
  EXPECT_GE(same, 3);
}

TEST(Sources, AreWellFormed) {
  for (const Source& source : known_sources()) {
    EXPECT_GE(source.mirrors.size(), 2u);
    for (const std::string& mirror : source.mirrors) EXPECT_TRUE(is_http_url(mirror) && mirror.ends_with('/')) << mirror;
    for (const SourceFile& file : source.files) {
      EXPECT_EQ(file.sha256.size(), 64u);
      EXPECT_EQ(file.sha256.find_first_not_of("0123456789abcdef"), std::string::npos);
      EXPECT_GT(file.bytes, 1000);
    }
  }
  EXPECT_NE(find_source("minst").error().message.find("did you mean 'mnist'"), std::string::npos);
}

// ---- The cache ----

class Cache : public WithFolder {
 protected:
  fs::path cache() const { return folder() / "cache"; }
  void write(const std::string& name, std::string_view text) const {
    fs::create_directories((cache() / name).parent_path());
    std::ofstream(cache() / name, std::ios::binary) << text;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> list;
    for (const CacheEntry& entry : list_cache(cache())) list.push_back(fmt::format("{} {} {}", entry.name, entry.files, entry.bytes));
    return list;
  }
};

TEST_F(Cache, ListsOnlyWhatTrainmarkPutsThere) {
  EXPECT_TRUE(names().empty());
  write("mnist/a.gz", "12345");
  write("mnist/b/c.gz", "12");
  write("imported/0123/train-images", "1");
  write("imported/0123.part-abcdef/x", "1");
  write("unpacked/x.idx", "1");
  write("downloads/c.tar.gz.part", "1");
  write("cifar-10.part-abcdef/x", "1");
  write("synthetic-digits-1/x", "1");
  write("thesis.tex", "years of work");
  write("photos/x.jpg", "1");
  EXPECT_EQ(names(), (std::vector<std::string>{"cifar-10.part-abcdef 1 1", "downloads 1 1", "imported/0123 1 1", "imported/0123.part-abcdef 1 1", "mnist 2 7",
                                               "synthetic-digits-1 1 1", "unpacked 1 1"}));
  const auto entries = list_cache(cache());
  EXPECT_EQ(choose_entries(entries, "imported")->size(), 2u);
  EXPECT_EQ(choose_entries(entries, "synthetic-digits")->size(), 1u);
  EXPECT_FALSE(choose_entries(entries, "thesis.tex").ok());
  EXPECT_FALSE(choose_entries(entries, "").ok());
  for (const CacheEntry& entry : entries) ASSERT_TRUE(remove_entry(entry).ok());
  EXPECT_TRUE(names().empty());
  EXPECT_TRUE(fs::exists(cache() / "thesis.tex"));
  EXPECT_TRUE(fs::exists(cache() / "photos" / "x.jpg"));
}

TEST_F(Cache, VerifyFindsDamage) {
  write("imported/0123/about.json", "{\"classes\": [\"0\"], \"sha256\": \"x\"}");
  write("mnist/train-images-idx3-ubyte", "damaged");
  for (const CacheEntry& entry : list_cache(cache())) {
    const auto good = verify_entry(entry);
    ASSERT_FALSE(good.ok()) << entry.name;
    EXPECT_NE(good.error().message.find(entry.path.string()), std::string::npos) << good.error().message;
  }
}

}  // namespace
}  // namespace trainmark::data
