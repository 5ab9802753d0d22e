// The name of a data set that lies in files of the user's: KIND:PATH, or KIND:PATH?key=value&key=value.
//
// The query begins at the last '?' that an '=' follows, so a path may hold question marks. In values, %XX is the byte with
// that hexadecimal number: '%26' is '&', '%25' is '%'. A pure function; docs/data.md lists the options of each kind.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "data/samples.hpp"

namespace trainmark::data {

struct DatasetName {
  std::string text;  ///< as the user wrote it
  std::string kind;  ///< "csv", "idx", "folder", "cifar"; a name without a colon is all kind
  std::filesystem::path path;
  std::map<std::string, std::string> options;

  /// What records call the data set: "KIND:FILE?OPTIONS" without folders, so that it is the same on every machine and
  /// tells nothing about the user. Which data they are, the hash of their content says.
  std::string title() const;

  /// The option's value, "" when it is not given.
  std::string option(const std::string& key) const;
};

/// Usage errors name what is wrong: no path, an option without '=', twice, or with a bad '%'.
core::Result<DatasetName> parse_dataset_name(std::string_view text);

/// Usage error when the name has an option that its kind does not know.
core::Result<void> check_options(const DatasetName& name, const std::vector<std::string>& known);

/// "CxHxW" or "HxW" (one channel): positive numbers, each at most 65,535. `what` names the option in errors.
core::Result<Shape3> parse_shape(std::string_view text, std::string_view what);

/// A decimal number in [smallest, largest] and nothing else. `what` names it in errors.
core::Result<int64_t> parse_number(std::string_view text, int64_t smallest, int64_t largest, std::string_view what);

}  // namespace trainmark::data
