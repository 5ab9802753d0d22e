#include "workbench.hpp"

#include <time.h>

#include <algorithm>
#include <numeric>

#include "core/clock.hpp"
#include "core/philox.hpp"
#include "network/parameters.hpp"
#include "network/zoo.hpp"
#include "workload/study.hpp"

namespace trainmark::bench {
namespace {

constexpr int64_t kImages = 60'000;

/// As in handwritten digits, 19 % of the pixels are not black, and all of those are in the middle; they are any grey. A thousand images are
/// drawn, the others are their copies.
void draw_images(Workbench& bench, core::Philox& random) {
  constexpr int64_t kDrawn = 1000;
  const data::Shape3& shape = bench.view.shape;
  const auto in_middle = [](int64_t at, int64_t extent) { return at >= extent / 7 && at < extent - extent / 7; };
  bench.pixels.resize(static_cast<size_t>(kImages * shape.size()));
  bench.labels.resize(static_cast<size_t>(kImages));
  for (int64_t i = 0; i < kDrawn * shape.size(); ++i) {
    const bool middle = in_middle(i % shape.width, shape.width) && in_middle(i / shape.width % shape.height, shape.height);
    if (middle && random.below(8) < 3) bench.pixels[static_cast<size_t>(i)] = static_cast<uint8_t>(1 + random.below(255));
  }
  const auto drawn = static_cast<size_t>(kDrawn * shape.size());
  for (size_t at = drawn; at < bench.pixels.size(); at += drawn) std::copy_n(bench.pixels.begin(), drawn, bench.pixels.begin() + static_cast<int64_t>(at));
  for (auto& l : bench.labels) l = static_cast<uint8_t>(random.below(10));
  bench.view.pixels = bench.pixels.data();
  bench.view.labels = bench.labels.data();
  bench.view.count = kImages;
  bench.view.classes = 10;
}

}  // namespace

Workbench::Workbench(const std::string& name, int64_t batch_size, int threads, const std::string& isa) : batch(batch_size) {
  const auto network = network::find_network(name);
  const workload::Recipe recipe = workload::default_recipe(name);
  const plan::Plan plan = plan::training_plan(*network, batch, workload::training_of(recipe));
  for (const plan::Op& op : plan.ops) flops += op.cost.flops;
  core::Philox random(1);
  view.shape = {network->input.c, network->input.h, network->input.w};
  draw_images(*this, random);
  backends::EngineOptions options;
  options.threads = threads;
  options.isa = isa;
  options.pixels = data::pixel_statistics(view);
  engine = std::move(*backends::cpu::create_engine(options));
  program = std::move(*engine->compile(plan));
  engine->load(network::initial_state(*network, 1)).value();

  order.resize(static_cast<size_t>(kImages));
  std::iota(order.begin(), order.end(), 0);
  for (size_t i = order.size() - 1; recipe.shuffle && i > 0; --i) std::swap(order[i], order[random.below(static_cast<uint32_t>(i + 1))]);
  normalisation = data::make_normalisation(recipe.divide_by, recipe.mean, recipe.deviation);
  input.samples = &view;
  input.normalisation = &normalisation;
  input.indices = order.data();
  input.learning_rate = 0.001;
}

void Workbench::advance() {
  next += batch;
  if (next + batch > kImages) next = 0;
  input.indices = order.data() + next;
  input.next_images = next + 2 * batch <= kImages ? batch : 0;
  input.next_indices = input.indices + batch;
}

int64_t step_clock_ns(int threads) {
  if (threads > 1) return core::now_ns();
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return t.tv_sec * 1'000'000'000 + t.tv_nsec;
}

}  // namespace trainmark::bench
