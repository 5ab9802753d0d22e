// Strict reading of a TOML table: every key is asked for by type, and what nobody asked for is an error at its line.
#pragma once

#include <toml++/toml.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace trainmark::workload {

/// "quick.toml:12"; of what was not read from a text only the name.
std::string place_of(std::string_view file, const toml::source_region& source);

/// Reads one table; keeps the first error, in the order of reading.
class TomlTable {
 public:
  /// `what` names the table in errors: "a workload", "the study".
  TomlTable(const toml::table& table, std::string_view file, std::string what) : table_(table), file_(file), what_(std::move(what)) {}

  /// Each sets `place` when the key is there; a value of another type is an error.
  void read(std::string_view key, std::optional<int64_t>& place);
  void read(std::string_view key, std::optional<double>& place);  // an integer will do
  void read(std::string_view key, std::optional<bool>& place);
  void read(std::string_view key, std::optional<std::string>& place);
  void read(std::string_view key, std::vector<int64_t>& place);
  void read(std::string_view key, std::vector<std::string>& place);
  /// An array of tables ([[key]]).
  std::vector<const toml::table*> tables(std::string_view key);
  /// The node, for members that may have several types; the key counts as known.
  const toml::node* node(std::string_view key);
  /// The key must be there. Told last: a misspelt key is the better explanation of one that is missing.
  void require(std::string_view key);
  /// An error at the key's line, or at the table's when it is not there.
  void fail(std::string_view key, std::string_view message);

  /// The first error, or that of a key which nobody read, or that of one which is missing.
  std::optional<core::Error> finish();
  bool failed() const { return error_.has_value(); }

 private:
  void wrong_type(std::string_view key, const toml::node& node, std::string_view expected);

  const toml::table& table_;
  std::string_view file_;
  std::string what_;
  std::vector<std::string> known_;
  std::optional<core::Error> error_, missing_;
};

}  // namespace trainmark::workload
