// Single-thread cost of a push and a pop, uncontended.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <string>

#include <stoa/stoa.hpp>

using namespace stoa::literals;

namespace {

std::string unique_name() { return fmt::format("benchmark-stack-{}", ::getpid()); }

template <std::size_t Bytes>
using words = std::array<std::uint64_t, Bytes / 8>;

template <std::size_t Bytes>
void push_and_pop(benchmark::State& state) {
  auto const segment = stoa::segment::create(unique_name(), 8_MiB);
  auto const stack = segment.publish<stoa::stack<words<Bytes>>>("stack", 1024);
  words<Bytes> element{};
  std::uint64_t sum = 0;
  std::uint64_t next = 0;
  for (auto _ : state) {
    element[0] = next++;
    if (!stack.try_push(element)) break;
    if (auto const popped = stack.try_pop()) sum += (*popped)[0];
  }
  if (sum != next * (next - 1) / 2) state.SkipWithError("an element was lost");
}
BENCHMARK(push_and_pop<8>)->Name("stack/push+pop/8");
BENCHMARK(push_and_pop<64>)->Name("stack/push+pop/64");
BENCHMARK(push_and_pop<1024>)->Name("stack/push+pop/1024");

// Up and down again, so that every node's turn comes.
void fill_and_empty(benchmark::State& state) {
  auto const segment = stoa::segment::create(unique_name(), 8_MiB);
  auto const stack = segment.publish<stoa::stack<std::uint64_t>>("stack", 1024);
  for (auto _ : state) {
    for (std::uint64_t n = 0; n < 1024; ++n) benchmark::DoNotOptimize(stack.try_push(n));
    for (std::uint64_t n = 0; n < 1024; ++n) benchmark::DoNotOptimize(stack.try_pop());
  }
  state.SetItemsProcessed(state.iterations() * 1024);
}
BENCHMARK(fill_and_empty)->Name("stack/fill and empty 1024/8");

}  // namespace
