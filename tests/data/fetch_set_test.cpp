// Data sets of files and of archives from a local server; archives that try to escape or to explode.
#include <archive.h>
#include <archive_entry.h>

#include <fstream>

#include "core/hash.hpp"
#include "data/data_testing.hpp"
#include "data/dataset.hpp"
#include "data/fetch.hpp"
#include "data/unpack.hpp"
#include "support/http_server.hpp"

namespace trainmark::data {
namespace {

namespace fs = std::filesystem;
using tests::HttpServer;

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

}  // namespace
}  // namespace trainmark::data
