// Single-thread cost of one operation, uncontended.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <string>
#include <type_traits>

#include <stoa/stoa.hpp>

using namespace stoa::literals;

namespace {

std::string unique_name() { return fmt::format("benchmark-queue-{}", ::getpid()); }

template <std::size_t Bytes>
struct payload {
  std::uint64_t first;
  std::array<std::byte, Bytes - 8> rest;
  payload() = default;
  payload(std::uint64_t i) : first{i}, rest{} {}
  operator std::uint64_t() const { return first; }
};
template <std::size_t Bytes>
using element = std::conditional_t<Bytes == 8, std::uint64_t, payload<Bytes == 8 ? 16 : Bytes>>;

template <template <class> class Queue, std::size_t Bytes>
void push_and_pop(benchmark::State& state) {
  auto const segment = stoa::segment::create(unique_name(), 8_MiB);
  auto const queue = segment.publish<Queue<element<Bytes>>>("queue", 1024);
  std::uint64_t next = 0;
  std::uint64_t sum = 0;
  for (auto _ : state) {
    if (!queue.try_push(element<Bytes>{next++})) break;
    if (auto const popped = queue.try_pop()) sum += *popped;
  }
  if (sum != next * (next - 1) / 2) state.SkipWithError("an element was lost");
}
BENCHMARK(push_and_pop<stoa::queue, 8>)->Name("queue/push+pop/8");
BENCHMARK(push_and_pop<stoa::queue, 64>)->Name("queue/push+pop/64");
BENCHMARK(push_and_pop<stoa::queue, 1024>)->Name("queue/push+pop/1024");
BENCHMARK(push_and_pop<stoa::spsc_queue, 8>)->Name("spsc_queue/push+pop/8");
BENCHMARK(push_and_pop<stoa::spsc_queue, 64>)->Name("spsc_queue/push+pop/64");
BENCHMARK(push_and_pop<stoa::spsc_queue, 1024>)->Name("spsc_queue/push+pop/1024");

void push_and_lease(benchmark::State& state) {
  auto const segment = stoa::segment::create(unique_name(), 8_MiB);
  auto const queue = segment.publish<stoa::queue<std::uint64_t>>("queue", 1024);
  std::uint64_t sum = 0;
  for (auto _ : state) {
    if (!queue.try_push(1)) break;
    auto lease = queue.try_claim();
    sum += *lease;
    lease.commit();
  }
  benchmark::DoNotOptimize(sum);
}
BENCHMARK(push_and_lease)->Name("queue/push+claim+commit/8");

// Per batch of 64.
void batches(benchmark::State& state) {
  auto const segment = stoa::segment::create(unique_name(), 8_MiB);
  auto const queue = segment.publish<stoa::queue<std::uint64_t>>("queue", 1024);
  std::array<std::uint64_t, 64> batch{};
  for (auto _ : state) {
    benchmark::DoNotOptimize(queue.try_push_n(batch));
    benchmark::DoNotOptimize(queue.try_pop_n(batch));
  }
  state.SetItemsProcessed(state.iterations() * 64);
}
BENCHMARK(batches)->Name("queue/batches of 64/8");

template <std::size_t Bytes>
void store_and_load(benchmark::State& state) {
  auto const segment = stoa::segment::create(unique_name(), 8_MiB);
  auto const value = segment.publish<stoa::value<element<Bytes>>>("value");
  element<Bytes> stored{};
  for (auto _ : state) {
    value.store(stored);
    benchmark::DoNotOptimize(value.load());
  }
}
BENCHMARK(store_and_load<8>)->Name("value/store+load/8");
BENCHMARK(store_and_load<256>)->Name("value/store+load/256");

}  // namespace
