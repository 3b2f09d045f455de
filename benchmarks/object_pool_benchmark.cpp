// What taking an object and giving it back costs.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <stoa/stoa.hpp>
#include <string>
#include <vector>

using namespace stoa::literals;

namespace {

struct line {
  std::array<std::uint64_t, 8> words;
};
using lines = stoa::object_pool<line>;

stoa::segment scratch(char const* what) {
  return stoa::segment::create(fmt::format("benchmark-{}-{}", what, ::getpid()), 64_MiB);
}

// One thread, one object at a time.
void object_pool_acquire_release(benchmark::State& state) {
  auto const segment = scratch("pool");
  auto const pool = segment.publish<lines>("pool", state.range(0));
  for (auto _ : state) {
    auto const got = pool.acquire();
    benchmark::DoNotOptimize(got);
    pool.release(got);
  }
}
BENCHMARK(object_pool_acquire_release)->Arg(1)->Arg(1000)->Arg(100000);

// All but a few are held for good, so that hints are needed.
void object_pool_nearly_full(benchmark::State& state) {
  auto const segment = scratch("pool");
  auto const pool = segment.publish<lines>("pool", 1000);
  std::vector<stoa::pool_handle> held(16);
  for (int i = 0; i < 980; ++i) benchmark::DoNotOptimize(pool.acquire());
  for (auto _ : state) {
    for (auto& each : held) each = pool.acquire();
    for (auto& each : held) pool.release(each);
  }
  state.SetItemsProcessed(state.iterations() * 16);
}
BENCHMARK(object_pool_nearly_full);

void object_pool_get(benchmark::State& state) {
  auto const segment = scratch("pool");
  auto const pool = segment.publish<lines>("pool", 1000);
  auto const got = pool.acquire();
  for (auto _ : state) benchmark::DoNotOptimize(pool.get(got));
}
BENCHMARK(object_pool_get);

void object_pool_refusal(benchmark::State& state) {
  auto const segment = scratch("pool");
  auto const pool = segment.publish<lines>("pool", state.range(0));
  while (pool.acquire()) {
  }
  for (auto _ : state) benchmark::DoNotOptimize(pool.acquire());
}
BENCHMARK(object_pool_refusal)->Arg(1000)->Arg(100000);

// Threads with handles of their own; memory of one segment.
void object_pool_threads(benchmark::State& state) {
  static auto const segment = scratch("pool-threads");
  auto const pool = segment.publish_or_attach<lines>("pool", 1000);
  std::vector<stoa::pool_handle> apart;  // so that each works in another part of the pool
  for (int i = 0; i < 64 * state.thread_index(); ++i) apart.push_back(pool.acquire());
  for (auto const& each : apart) pool.release(each);
  auto const kept = pool.acquire();
  for (auto _ : state) {
    auto const got = pool.acquire();
    benchmark::DoNotOptimize(got);
    pool.release(got);
  }
  pool.release(kept);
}
BENCHMARK(object_pool_threads)->Threads(2);

}  // namespace
