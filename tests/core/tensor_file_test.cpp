// safetensors: what is written is read back to the bit, and no malformed file is believed.
#include "core/tensor_file.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "core/file.hpp"
#include "core/json.hpp"

namespace trainmark::core {
namespace {

class TensorFile : public ::testing::Test {
 protected:
  void SetUp() override {
    auto folder = TemporaryFolder::make(std::filesystem::temp_directory_path(), "trainmark-test");
    ASSERT_TRUE(folder.ok());
    folder_ = std::move(*folder);
  }
  std::filesystem::path path() const { return folder_.path() / "state.safetensors"; }

  /// A file with this header and so many bytes of data.
  Result<TensorMap> read(std::string_view header, size_t data_bytes) const {
    std::string bytes(8, '\0');
    const uint64_t length = header.size();
    std::memcpy(bytes.data(), &length, 8);
    bytes += header;
    bytes.resize(bytes.size() + data_bytes, '\1');
    return read_bytes(bytes);
  }
  Result<TensorMap> read_bytes(std::string_view bytes) const {
    write_file(path(), bytes).value();
    return read_safetensors(path());
  }
  void expect_error(const Result<TensorMap>& result, std::string_view words) const {
    ASSERT_FALSE(result.ok()) << "expected: " << words;
    EXPECT_EQ(result.error().kind, ErrorKind::kUsage);
    EXPECT_NE(result.error().message.find(path().string()), std::string::npos) << result.error().message;
    EXPECT_NE(result.error().message.find(words), std::string::npos) << result.error().message << "\nlacks " << words;
  }

 private:
  TemporaryFolder folder_;
};

TEST_F(TensorFile, RoundTripKeepsEveryBit) {
  TensorMap tensors;
  tensors["weights"] = {{2, 3}, std::vector<float>{1, -0.0f, std::numeric_limits<float>::infinity(), std::nanf("7"), 1e-45f, 3}};
  tensors["big"] = {{2}, std::vector<double>{0.1, -1e308}};
  tensors["step"] = {{}, std::vector<int64_t>{INT64_MIN}};
  tensors["empty"] = {{0, 5}, std::vector<float>{}};
  ASSERT_TRUE(write_safetensors(path(), tensors).ok());
  const auto back = read_safetensors(path());
  ASSERT_TRUE(back.ok()) << back.error().message;
  ASSERT_EQ(back->size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    const TensorValues& other = back->at(name);
    EXPECT_EQ(other.shape, tensor.shape) << name;
    ASSERT_EQ(other.values.index(), tensor.values.index()) << name;
    ASSERT_EQ(other.size(), tensor.size()) << name;
    std::visit(
        [&](const auto& values) {
          const auto& others = std::get<std::decay_t<decltype(values)>>(other.values);
          EXPECT_TRUE(values.empty() || std::memcmp(values.data(), others.data(), values.size() * sizeof(values[0])) == 0) << name;
        },
        tensor.values);
  }
}

TEST_F(TensorFile, DataAreAlignedAndInTheFormatsOrder) {  // so that other readers can map the values
  ASSERT_TRUE(write_safetensors(path(), {{"a", {{1}, std::vector<float>{1.5f}}}, {"bc", {{2}, std::vector<float>{2, 3}}}}).ok());
  const std::string bytes = *read_file(path());
  uint64_t length = 0;
  std::memcpy(&length, bytes.data(), 8);
  EXPECT_EQ(length % 8, 0u);
  ASSERT_EQ(bytes.size(), 8 + length + 12);
  const Json header = *parse_json(bytes.substr(8, length), "header");
  EXPECT_EQ(header["a"], Json::parse(R"({"dtype": "F32", "shape": [1], "data_offsets": [0, 4]})"));
  EXPECT_EQ(header["bc"], Json::parse(R"({"dtype": "F32", "shape": [2], "data_offsets": [4, 12]})"));
  float first = 0;
  std::memcpy(&first, bytes.data() + 8 + length, 4);
  EXPECT_EQ(first, 1.5f);
}

TEST_F(TensorFile, SameContentGivesTheSameBytes) {
  const TensorMap tensors = {{"b", {{1}, std::vector<double>{1}}}, {"a", {{1}, std::vector<double>{2}}}};
  ASSERT_TRUE(write_safetensors(path(), tensors).ok());
  const std::string first = *read_file(path());
  ASSERT_TRUE(write_safetensors(path(), tensors).ok());
  EXPECT_EQ(*read_file(path()), first);
}

TEST_F(TensorFile, ReadsWhatOthersWrite) {  // metadata, any order of tensors, spaces
  const auto tensors = read(
      R"( {"__metadata__": {"format": "pt"}, "w": {"shape": [2], "data_offsets": [4, 12], "dtype": "F32"}, "v": {"dtype": "F32", "shape": [], "data_offsets": [0, 4]}}  )",
      12);
  ASSERT_TRUE(tensors.ok()) << tensors.error().message;
  EXPECT_EQ(tensors->size(), 2u);
  EXPECT_EQ(tensors->at("v").size(), 1);
}

TEST_F(TensorFile, RefusesBrokenFrames) {
  expect_error(read_bytes(""), "has 0 bytes");
  expect_error(read_bytes("1234567"), "has 7 bytes");
  expect_error(read_bytes(std::string("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF{}", 10)), "announces a header");
  expect_error(read_bytes(std::string("\x03\0\0\0\0\0\0\0{}", 10)), "announces a header of 3 bytes");
  expect_error(read("{", 0), "not valid JSON");
  expect_error(read("[]", 0), "must be a JSON object");
  EXPECT_FALSE(read_safetensors(path() / "missing").ok());
}

TEST_F(TensorFile, RefusesBadEntries) {
  expect_error(read(R"({"w": 5})", 0), "tensor 'w'");
  expect_error(read(R"({"w": {"shape": [1], "data_offsets": [0, 4]}})", 4), "'dtype' is missing");
  expect_error(read(R"({"w": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]}})", 4), "'BF16' is not one of");
  expect_error(read(R"({"w": {"dtype": "F32", "data_offsets": [0, 4]}})", 4), "'shape' must be an array");
  expect_error(read(R"({"w": {"dtype": "F32", "shape": 1, "data_offsets": [0, 4]}})", 4), "'shape' must be an array");
  expect_error(read(R"({"w": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}})", 4), "extent");
  expect_error(read(R"({"w": {"dtype": "F32", "shape": [1.0], "data_offsets": [0, 4]}})", 4), "extent");
  expect_error(read(R"({"w": {"dtype": "F32", "shape": [4294967296, 4294967296], "data_offsets": [0, 4]}})", 4), "more bytes than the file has");
  expect_error(read(R"({"w": {"dtype": "F32", "shape": [1]}})", 4), "'data_offsets' must be");
  expect_error(read(R"({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0]}})", 4), "'data_offsets' must be");
  expect_error(read(R"({"w": {"dtype": "F32", "shape": [1], "data_offsets": [-4, 0]}})", 4), "'data_offsets' must be");
  expect_error(read(R"({"w": {"dtype": "F32", "shape": [1], "data_offsets": [4, 0]}})", 8), "do not fit");
  expect_error(read(R"({"w": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}})", 4), "do not fit");
  expect_error(read(R"({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 8]}})", 8), "do not fit");
  expect_error(read(R"({"w": {"dtype": "F64", "shape": [1], "data_offsets": [0, 4]}})", 8), "do not fit");
}

TEST_F(TensorFile, RefusesOverlappingTensorsAndUnclaimedBytes) {
  expect_error(read(R"({"v": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}, "w": {"dtype": "F32", "shape": [2], "data_offsets": [4, 12]}})", 12),
               "overlap");
  expect_error(read(R"({"v": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}})", 8), "belong to no tensor");
  expect_error(read(R"({"v": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}})", 8), "belong to no tensor");
}

TEST(TensorValues, ConvertsToDouble) {
  const TensorValues tensor = {{2}, std::vector<float>{0.5f, 3}};
  EXPECT_EQ(tensor.as_double(), (std::vector<double>{0.5, 3}));
  EXPECT_EQ(tensor.size(), 2);
}

TEST_F(TensorFile, RefusesExtentsAbove63Bits) {
  expect_error(read(R"({"w": {"dtype": "F32", "shape": [0, 18446744073709551615], "data_offsets": [0, 0]}})", 0), "63 bits");
}

// Found before any copy is made: 2000 tensors of nearly 8 MB each would be 16 GB.
TEST_F(TensorFile, RefusesManyTensorsOverTheSameBytes) {
  Json header = Json::object();
  for (int i = 0; i < 2000; ++i) header[std::to_string(i)] = {{"dtype", "F32"}, {"shape", {2'000'000 - i}}, {"data_offsets", {4 * i, 8'000'000}}};
  expect_error(read(header.dump(), 8'000'000), "overlap");
}

}  // namespace
}  // namespace trainmark::core
