// What is known of the sources of data sets.
#include "data/data_testing.hpp"
#include "data/fetch.hpp"
#include "support/real_data.hpp"

namespace trainmark::data {
namespace {

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

}  // namespace
}  // namespace trainmark::data
