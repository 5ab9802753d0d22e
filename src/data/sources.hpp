// Data sets that can be fetched: where their files lie, how long they are, and the SHA-256 that makes any mirror good.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace trainmark::data {

struct SourceFile {
  std::string name;
  int64_t bytes = 0;
  std::string sha256;  ///< of the file as it is distributed
};

struct Source {
  std::string dataset;
  std::vector<std::string> mirrors;  ///< folders that hold the files, each ending in '/'; tried in this order
  std::vector<SourceFile> files;
  bool archive = false;  ///< the one file is a tar archive, whose files the data set consists of
};

/// All of them.
const std::vector<Source>& known_sources();

/// The source of a data set by name. Usage error: there is none (the sentence lists them).
core::Result<const Source*> find_source(std::string_view dataset);

}  // namespace trainmark::data
