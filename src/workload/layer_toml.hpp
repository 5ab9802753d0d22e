// One layer of a network in TOML:
//
//   "relu"                                          a kind without attributes, or with its defaults
//   {conv2d = 8, kernel = 3, padding = 1}           the kind with its main attribute, then others
//   {add = ["a", "b"]}                              the kind with the names of the layers that it reads
//   {kind = "dense", outputs = 10, name = "head", inputs = "a"}
//
// Without inputs a layer reads the one before it; without a name it is called by its kind and a number.
#pragma once

#include <toml++/toml.h>

#include <map>
#include <string>
#include <string_view>

#include "core/json.hpp"
#include "core/result.hpp"
#include "workload/own_network.hpp"

namespace trainmark::workload {

/// Appends layers to a network.
class LayerReader {
 public:
  LayerReader(std::string_view file, OwnNetwork& own) : file_(file), own_(own) {}

  /// What 'weight_init' and 'bias_init' are where a layer does not say: null leaves PyTorch's.
  core::Result<void> set_initialisers(const toml::node* weight_init, const toml::node* bias_init);
  core::Result<void> add(const toml::node& layer);

 private:
  struct Written;
  core::Result<Written> understand(const toml::node& layer) const;
  core::Result<core::Json> attributes_of(const Written& written) const;
  core::Result<std::string> name_of(const Written& written);
  core::Result<std::vector<int>> inputs_of(const Written& written) const;
  core::Error wrong(const toml::source_region& source, const std::string& message) const;

  std::string file_;
  OwnNetwork& own_;
  std::map<std::string, int> earlier_;  ///< names of layers -> index
  std::map<std::string, int> numbers_;  ///< layers named by their kind so far
  core::Json weight_init_, bias_init_;  ///< null: PyTorch's
};

}  // namespace trainmark::workload
