// The folder that downloads lie in: what of it is listed, and whether it is whole.
#include <fmt/format.h>

#include <fstream>

#include "data/cache_entries.hpp"
#include "data/data_testing.hpp"

namespace trainmark::data {
namespace {

namespace fs = std::filesystem;

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
