// Queries are dealt out to the threads in blocks; each block goes through all panels, so a panel stays in the first cache
// level while all queries of the block meet it, and the queries stay in the second. Every list belongs to one thread, so
// the result does not depend on their number.
#include "backends/cpu/neighbour_search.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "backends/cpu/kernels.hpp"
#include "backends/cpu/targets.hpp"

namespace trainmark::backends::cpu {
namespace {

constexpr int64_t kBlock = 240;  // queries, a multiple of what tiles take: with 784 pixels 190 KB

int64_t round_up(int64_t value, int64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

class CpuSearch : public NeighbourSearch {
 public:
  CpuSearch(const NeighbourKernel& kernel, int threads) : kernel_(kernel), pool_(threads), scratch_(static_cast<size_t>(threads)) {}

  core::Result<void> fit(const data::SamplesView& train, int64_t k) override {
    if (auto sound = check_fit(train, k); !sound) return sound;
    k_ = k;
    const int64_t pixels = round_up(train.shape.size(), kernel_.multiple);
    images_.labels = train.labels;
    images_.count = train.count;
    images_.pixels = train.shape.size();
    images_.panels = (train.count + kernel_.panel - 1) / kernel_.panel;
    images_.width = pixels * kernel_.panel;
    images_.bytes.assign(static_cast<size_t>(images_.panels * images_.width), 0);
    images_.offsets.assign(static_cast<size_t>(images_.panels * kernel_.panel), std::numeric_limits<int32_t>::max());
    pool_.run(static_cast<int>(images_.panels), [&](int panel, int) { kernel_.pack(train.pixels, images_, panel); });
    for (Scratch& s : scratch_) {
      s.keys.resize(static_cast<size_t>(kBlock * k));
      s.labels.resize(s.keys.size());
      s.queries.bytes.assign(static_cast<size_t>(kBlock * pixels * kernel_.query_bytes), 0);
      s.queries.best.resize(kBlock);
      for (int64_t q = 0; q < kBlock; ++q) s.queries.best[static_cast<size_t>(q)] = {s.keys.data() + q * k, s.labels.data() + q * k, k};
    }
    return {};
  }

  void predict(const uint8_t* queries, int64_t count, int32_t* classes) override {
    const int64_t shares = std::min<int64_t>(count, pool_.threads() * ((count + kBlock * pool_.threads() - 1) / (kBlock * pool_.threads())));
    pool_.run(static_cast<int>(shares), [&](int share, int thread) {
      const int64_t begin = count * share / shares, end = count * (share + 1) / shares;
      predict_block(queries + begin * images_.pixels, end - begin, classes + begin, scratch_[static_cast<size_t>(thread)]);
    });
  }

  std::string kernel() const override { return std::string(kernel_.name); }

  MemoryUse memory() const override {
    MemoryUse use;
    use.parameters = static_cast<int64_t>(images_.bytes.size() + images_.offsets.size() * sizeof(int32_t));
    for (const Scratch& s : scratch_) {
      use.workspace += static_cast<int64_t>(s.keys.size() * sizeof(int32_t) + s.labels.size() + s.queries.bytes.size() + s.queries.best.size() * sizeof(Best));
    }
    return use;
  }

 private:
  struct Scratch {
    QueryBlock queries;
    std::vector<int32_t> keys;    // (kBlock, k)
    std::vector<uint8_t> labels;  // (kBlock, k)
  };

  void predict_block(const uint8_t* queries, int64_t count, int32_t* classes, Scratch& scratch) const {
    const int64_t bytes = images_.width / kernel_.panel * kernel_.query_bytes;
    scratch.queries.count = count;
    std::fill_n(scratch.keys.begin(), count * k_, std::numeric_limits<int32_t>::max());
    for (int64_t q = 0; q < count; ++q) kernel_.pack_query(queries + q * images_.pixels, images_.pixels, scratch.queries.bytes.data() + q * bytes);
    for (int64_t panel = 0; panel < images_.panels; ++panel) kernel_.search(images_, panel, scratch.queries);
    for (int64_t q = 0; q < count; ++q) {
      std::array<int32_t, 256> votes{};
      for (int64_t i = 0; i < k_; ++i) ++votes[scratch.labels[static_cast<size_t>(q * k_ + i)]];
      classes[q] = static_cast<int32_t>(std::max_element(votes.begin(), votes.end()) - votes.begin());  // the first of equals
    }
  }

  NeighbourKernel kernel_;
  core::ThreadPool pool_;
  std::vector<Scratch> scratch_;  // one per thread
  PackedImages images_;
  int64_t k_ = 0;
};

}  // namespace

std::vector<NeighbourKernel> neighbour_kernels(std::string_view isa) {
  std::vector<NeighbourKernel> all;
  const auto kernels = kernels_for(isa);
  if (!kernels) return all;
  const NeighbourKernel vnni = vnni_kernel();
  if (!vnni.name.empty() && std::string_view((*kernels)->isa) == "avx512") all.push_back(vnni);
  all.push_back(*(*kernels)->neighbours);
  return all;
}

std::unique_ptr<NeighbourSearch> make_search(const NeighbourKernel& kernel, int threads) { return std::make_unique<CpuSearch>(kernel, threads); }

core::Result<std::unique_ptr<NeighbourSearch>> create_neighbours(const EngineOptions& options) {
  if (options.threads < 1) return core::usage_error(fmt::format("The engine cpu cannot run on {} threads; ask for at least 1.", options.threads));
  if (const auto known = kernels_for(options.isa); !known) return known.error();
  return make_search(neighbour_kernels(options.isa).front(), options.threads);
}

}  // namespace trainmark::backends::cpu
