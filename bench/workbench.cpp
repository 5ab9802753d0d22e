#include "workbench.hpp"

#include <time.h>

#include <numeric>

#include "core/clock.hpp"
#include "core/philox.hpp"
#include "network/parameters.hpp"
#include "network/zoo.hpp"
#include "workload/study.hpp"

namespace trainmark::bench {
namespace {

constexpr int64_t kImages = 60'000;

/// Half of the pixels black, as in handwritten digits; the rest any grey.
void draw_images(Workbench& bench, core::Philox& random) {
  bench.pixels.resize(static_cast<size_t>(kImages * bench.view.shape.size()));
  bench.labels.resize(static_cast<size_t>(kImages));
  for (auto& p : bench.pixels) p = random.below(2) == 0 ? 0 : static_cast<uint8_t>(random.below(256));
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
  backends::EngineOptions options;
  options.threads = threads;
  options.isa = isa;
  engine = std::move(*backends::cpu::create_engine(options));
  program = std::move(*engine->compile(plan));
  engine->load(network::initial_state(*network, 1)).value();

  core::Philox random(1);
  view.shape = {network->input.c, network->input.h, network->input.w};
  draw_images(*this, random);
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
