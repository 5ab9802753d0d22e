// Lengths and sums are those of the checksum lists of TensorFlow Datasets (url_checksums/mnist.txt, fashion_mnist.txt,
// cifar10.txt).
#include "data/sources.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/suggest.hpp"

namespace trainmark::data {

const std::vector<Source>& known_sources() {
  static const std::vector<Source> sources = {
      {"mnist",
       {"https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"},
       {{"train-images-idx3-ubyte.gz", 9'912'422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"},
        {"train-labels-idx1-ubyte.gz", 28'881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"},
        {"t10k-images-idx3-ubyte.gz", 1'648'877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"},
        {"t10k-labels-idx1-ubyte.gz", 4'542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"}},
       false},
      {"fashion-mnist",
       {"https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/", "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"},
       {{"train-images-idx3-ubyte.gz", 26'421'880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"},
        {"train-labels-idx1-ubyte.gz", 29'515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"},
        {"t10k-images-idx3-ubyte.gz", 4'422'102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"},
        {"t10k-labels-idx1-ubyte.gz", 5'148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"}},
       false},
      {"cifar-10",
       {"https://www.cs.toronto.edu/~kriz/", "https://mindspore-website.obs.cn-north-4.myhuaweicloud.com/notebook/datasets/"},
       {{"cifar-10-binary.tar.gz", 170'052'171, "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"}},
       true}};
  return sources;
}

core::Result<const Source*> find_source(std::string_view dataset) {
  std::vector<std::string> names;
  for (const Source& source : known_sources()) {
    if (source.dataset == dataset) return &source;
    names.push_back(source.dataset);
  }
  return core::usage_error(
      fmt::format("there is no data set '{}' to fetch{}; known are {}", dataset, core::did_you_mean(dataset, names), fmt::join(names, ", ")));
}

}  // namespace trainmark::data
