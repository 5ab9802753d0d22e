// CSV text becomes pixels and labels, and whatever is wrong with it is named with line and column.
#include "data/csv.hpp"

#include <gtest/gtest.h>

#include "data/csv_labels.hpp"

namespace trainmark::data {
namespace {

using Pixels = std::vector<uint8_t>;

CsvTable parse(std::string_view text, const CsvOptions& options = {}) {
  auto table = parse_csv(text, options, "f");
  EXPECT_TRUE(table.ok()) << table.error().message;
  return table ? std::move(*table) : CsvTable{};
}

void expect_error(std::string_view text, std::initializer_list<std::string_view> words, const CsvOptions& options = {}) {
  const auto table = parse_csv(text, options, "f");
  ASSERT_FALSE(table.ok()) << text;
  EXPECT_EQ(table.error().kind, core::ErrorKind::kUsage);
  EXPECT_EQ(table.error().message.substr(0, 1), "f");
  for (const std::string_view word : words) EXPECT_NE(table.error().message.find(word), std::string::npos) << table.error().message << "\nlacks " << word;
}

TEST(Csv, ReadsKagglesForm) {
  const CsvTable table = parse("label,pixel0,pixel1,pixel2,pixel3\n5,0,10,200,255\n0,1,2,3,4\n");
  EXPECT_EQ(table.columns, 4);
  EXPECT_EQ(table.label_column, 0u);
  EXPECT_EQ(table.pixels, (Pixels{0, 10, 200, 255, 1, 2, 3, 4}));
  EXPECT_EQ(table.labels, (std::vector<std::string_view>{"5", "0"}));
}

TEST(Csv, FindsLabelsByNameByPositionAndByDefault) {
  const std::string_view text = "a,Label,b\n1,2,3\n";
  EXPECT_EQ(parse(text).label_column, 1u) << "the name, whatever its case";
  EXPECT_EQ(parse(text, {.label = "b"}).label_column, 2u);
  EXPECT_EQ(parse(text, {.label = "0"}).label_column, 0u);
  EXPECT_EQ(parse("1,2,3\n").label_column, 0u);
  EXPECT_EQ(parse("1,2,3\n", {.label = "2"}).pixels, (Pixels{1, 2}));
  EXPECT_EQ(parse("a,b,0\n7,8,9\n", {.label = "0"}).label_column, 2u) << "a column of that name comes before the position";
}

TEST(Csv, FindsOutWhetherThereIsAHeader) {
  EXPECT_EQ(parse("1,2,3\n4,5,6\n").labels.size(), 2u);
  EXPECT_EQ(parse("y,p,q\n4,5,6\n").labels.size(), 1u);
  EXPECT_EQ(parse("label,0,1\n4,5,6\n").labels.size(), 1u);
  EXPECT_EQ(parse("cat,2,3\ndog,5,6\n").labels.size(), 2u) << "text in the label's column alone is no header";
  EXPECT_EQ(parse("0,2,3\n4,5,6\n", {.label = "0"}).labels.size(), 2u) << "a pixel is not the name of the label";
  EXPECT_EQ(parse("1,2,3\n4,5,6\n", {.header = true}).labels.size(), 1u);
  expect_error("y,p,q\n4,5,6\n", {"line 1, column 2", "'p' is not a pixel"}, {.header = false});
}

TEST(Csv, TakesCrLfByteOrderMarkBlankLinesAndAMissingLastLineEnd) {
  const CsvTable plain = parse("label,a,b\n1,2,3\n4,5,6\n");
  for (const std::string_view text : {"label,a,b\r\n1,2,3\r\n4,5,6\r\n", "\xEF\xBB\xBFlabel,a,b\n1,2,3\n4,5,6\n", "\nlabel,a,b\n\n1,2,3\n\r\n4,5,6\n\n\n",
                                      "label,a,b\n1,2,3\n4,5,6", "label,a,b\r\n1,2,3\r\n4,5,6"}) {
    const CsvTable table = parse(text);
    EXPECT_EQ(table.pixels, plain.pixels) << text;
    EXPECT_EQ(table.labels, plain.labels) << text;
    EXPECT_EQ(table.names, plain.names) << text;
  }
}

TEST(Csv, TakesQuotes) {
  const CsvTable table = parse("\"label\",\"a,1\",b\n\"x\"\"y,\nz\",\"2\",3\n\"q\",4,\"5\"\n");
  EXPECT_EQ(table.names, (std::vector<std::string>{"label", "a,1", "b"}));
  EXPECT_EQ(table.pixels, (Pixels{2, 3, 4, 5}));
  EXPECT_EQ(unquote(table.labels[0]), "x\"y,\nz");
}

TEST(Csv, TakesOtherSeparators) {
  EXPECT_EQ(parse("1;0;0;0;0;0;6\n", {.separator = ';'}).pixels, (Pixels{0, 0, 0, 0, 0, 6}));
  EXPECT_EQ(parse("1\t2\t3\n", {.separator = '\t'}).pixels, (Pixels{2, 3}));
}

// Every mixture of widths, at every distance from the end of the line and of the text, equals what a plain reader sees.
TEST(Csv, FastPathEqualsThePlainOne) {
  uint32_t state = 1;
  const auto random = [&](uint32_t bound) { return (state = state * 1664525 + 1013904223) / 65536 % bound; };
  for (int round = 0; round < 3000; ++round) {
    const size_t columns = 1 + random(20), rows = 1 + random(3), label = random(static_cast<uint32_t>(columns) + 1);
    Pixels expected;
    std::string text, quoted;
    for (size_t row = 0; row < rows; ++row) {
      for (size_t column = 0; column <= columns; ++column) {
        const uint32_t kind = random(4), value = kind < 2 ? 0 : kind == 2 ? random(100) : random(256);
        const char* end = column == columns ? "\n" : ",";
        text += std::to_string(value) + end;
        quoted += "\"" + std::to_string(value) + "\"" + end;
        if (column != label) expected.push_back(static_cast<uint8_t>(value));
      }
    }
    const CsvOptions options{.label = std::to_string(label), .header = false};
    ASSERT_EQ(parse(text, options).pixels, expected) << text;
    ASSERT_EQ(parse(quoted, options).pixels, expected) << quoted;
  }
}

TEST(Csv, RefusesWhatIsNoPixelWithLineAndColumn) {
  expect_error("label,a,b\n1,2,3\n1,256,3\n", {"line 3, column 2 ('a')", "'256'", "0 to 255"});
  expect_error("1,2,3\n1,2,-3\n", {"line 2, column 3", "'-3'"});
  for (const char* bad : {"2.5", "x", "", " 2", "2 ", "1000", "256", "999", "0002", "1e1", "+1"}) {
    expect_error("1,2,3,4,5,6,7,8,9,10\n1," + std::string(bad) + ",3,4,5,6,7,8,9,10\n", {"line 2, column 2", "'" + std::string(bad) + "'"});
    expect_error("1,2,3\n1,2," + std::string(bad) + "\n", {"line 2, column 3", "'" + std::string(bad) + "'"});
  }
  expect_error("1,2,3\n\"a\nb\",2,3\n1,x,3\n", {"line 4, column 2"});
  expect_error(std::string_view("1,2,3\n1,\0,3\n", 12), {"line 2, column 2"});
}

TEST(Csv, RefusesLinesOfOtherLengths) {
  expect_error("1,2,3\n1,2\n", {"line 2 has 2 values, but the first line has 3"});
  expect_error("1,2,3\n1,2,3,4\n", {"line 2 has 4 values, but the first line has 3"});
  expect_error("1,2,3\n1\n", {"line 2 has 1 values"});
  expect_error("1,2,3\n4\n", {"line 2 has 1 values"}, {.label = "2"});
  expect_error("1,2,3\n1,2,3,\n", {"line 2 has 4 values"});
  expect_error("1,2,3,4,5,6,7,8,9\n1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0\n", {"line 2 has 17 values"});
}

TEST(Csv, RefusesEmptyAndForeignFiles) {
  expect_error("", {"is empty"});
  expect_error("\n\r\n\n", {"is empty"});
  expect_error("\xEF\xBB\xBF", {"is empty"});
  expect_error("label,a,b\n", {"holds no samples", "column names"});
  expect_error("5\n6\n", {"line 1 has one column", "separator="});
  expect_error(std::string_view("\xFF\xFE\x31\0,\0", 6), {"UTF-16"});
  expect_error("\x1F\x8B\x08 packed", {"gzip"});
}

TEST(Csv, RefusesQuotesThatDoNotEnd) {
  for (const char* text : {"\"", "\"label", "label,\"a", "1,2,3\n\"4,5,6\n", "1,2,3\n4,\"5,6\n", "1,2,3\n4,5,\"6\"\"", "1,2,3\n4,5,\""})
    expect_error(text, {"a quote does not end"});
}

TEST(Csv, RefusesLabelColumnsThatAreNotThere) {
  expect_error("label,a,b\n1,2,3\n", {"no column 'lable' (did you mean 'label'?)", "'label', 'a', 'b'"}, {.label = "lable"});
  expect_error("1,2,3\n", {"no column 'x'", "give the position"}, {.label = "x"});
  expect_error("1,2,3\n", {"has 3 columns", "no column 3"}, {.label = "3"});
}

TEST(CsvLabels, NumbersAreThemselvesAndNamesAreSorted) {
  const std::string_view numbers = "3,1\n0,1\n", names = "dog,1\ncat,1\ndog,1\n7,1\n";
  const CsvTable a = parse(numbers), b = parse(names);
  const auto of_a = find_classes(a, numbers, "f"), of_b = find_classes(b, names, "f");
  ASSERT_TRUE(of_a.ok() && of_b.ok());
  EXPECT_EQ(of_a->names, (std::vector<std::string>{"0", "1", "2", "3"}));
  EXPECT_EQ(classes_of_rows(a, *of_a, numbers, "f").value(), (Pixels{3, 0}));
  EXPECT_EQ(of_b->names, (std::vector<std::string>{"7", "cat", "dog"}));
  EXPECT_EQ(classes_of_rows(b, *of_b, names, "f").value(), (Pixels{2, 1, 2, 0}));
}

TEST(CsvLabels, RefusesWhatCannotBeAClass) {
  const auto error_of = [](std::string_view text) {
    const CsvTable table = parse(text);
    const auto classes = find_classes(table, text, "f");
    EXPECT_FALSE(classes.ok());
    return classes ? "" : classes.error().message;
  };
  EXPECT_NE(error_of("label,a\n1,1\n256,1\n").find("line 3, column 1: the label is 256"), std::string::npos);
  EXPECT_NE(error_of("99999999999999999999,1\n").find("labels are 0 to 255"), std::string::npos);
  EXPECT_NE(error_of("cat,1\n,1\n").find("line 2, column 1: the label is empty"), std::string::npos);
  std::string many;
  for (int i = 0; i < 257; ++i) many += "c" + std::to_string(i) + ",1\n";
  EXPECT_NE(error_of(many).find("label number 257"), std::string::npos);
}

TEST(CsvLabels, RefusesTestLabelsThatTrainingLacks) {
  const std::string_view train = "cat,1\ndog,1\n", test = "cat,1\ncow,1\n";
  const auto classes = find_classes(parse(train), train, "f");
  const auto rows = classes_of_rows(parse(test), *classes, test, "g");
  ASSERT_FALSE(rows.ok());
  EXPECT_NE(rows.error().message.find("g, line 2, column 1: the label is 'cow'"), std::string::npos) << rows.error().message;
}

}  // namespace
}  // namespace trainmark::data
