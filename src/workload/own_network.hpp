// A network of the user's own, as a TOML file defines it: the layers, and where each of them stands in the file, so that
// a shape that cannot be is told with its line even when only the data set shows it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "network/network.hpp"

namespace trainmark::workload {

struct OwnNetwork {
  network::Network network;    ///< complete but for `input` and `classes` where the file does not give them
  bool input_given = false;    ///< else the images of the data set
  bool classes_given = false;  ///< else what the last layer yields
  std::string file;
  int64_t line = 0;                  ///< of the network's name
  std::vector<int64_t> layer_lines;  ///< one for each layer
};

/// Images of the digits that come with the program: what `plan` and `list` assume where nothing is said.
inline constexpr network::Shape kDigits{1, 28, 28};

/// The valid network over images of that shape. Errors begin with file and line of the layer that cannot be, and say what
/// it would need. An input that the file gives must be that of the images.
core::Result<network::Network> network_for(const OwnNetwork& own, network::Shape images);

/// The same over the images that the file gives, else over kDigits.
core::Result<network::Network> network_for(const OwnNetwork& own);

}  // namespace trainmark::workload
