// Single-thread cost of one operation on a ring, uncontended.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <string>
#include <vector>

#include <stoa/ring.hpp>
#include <stoa/segment.hpp>

using namespace stoa::literals;

namespace {

template <std::size_t Bytes>
struct sample {
  std::array<std::uint64_t, Bytes / 8> words;
};

struct scene {
  stoa::segment segment = stoa::segment::create(fmt::format("benchmark-ring-{}", ::getpid()), 8_MiB);
  template <std::size_t Bytes>
  stoa::ring<sample<Bytes>> ring(stoa::ring_mode mode = stoa::ring_mode::overwrite) const {
    return segment.publish<stoa::ring<sample<Bytes>>>("ring", 1023, mode);
  }
};

template <std::size_t Bytes>
void push(benchmark::State& state) {
  scene const in;
  auto const ring = in.ring<Bytes>();
  sample<Bytes> next{};
  for (auto _ : state) {
    ring.push(next);
    ++next.words[0];
  }
  if (ring.total_written() != next.words[0]) state.SkipWithError("a sample was lost");
}
BENCHMARK(push<8>)->Name("ring/push/8");
BENCHMARK(push<64>)->Name("ring/push/64");
BENCHMARK(push<1024>)->Name("ring/push/1024");

// Per batch of 64.
void push_batches(benchmark::State& state) {
  scene const in;
  auto const ring = in.ring<64>();
  std::array<sample<64>, 64> const batch{};
  for (auto _ : state) benchmark::DoNotOptimize(ring.try_push_n(batch));
  state.SetItemsProcessed(state.iterations() * 64);
}
BENCHMARK(push_batches)->Name("ring/batches of 64/64");

template <std::size_t Bytes>
void push_and_read(benchmark::State& state) {
  scene const in;
  auto const ring = in.ring<Bytes>();
  auto reader = ring.reader();
  sample<Bytes> next{};
  std::uint64_t sum = 0;
  for (auto _ : state) {
    ring.push(next);
    ++next.words[0];
    if (auto const got = reader.try_read()) sum += got->words[0];
  }
  if (sum != next.words[0] * (next.words[0] - 1) / 2) state.SkipWithError("a sample was lost");
}
BENCHMARK(push_and_read<8>)->Name("ring/push+read/8");
BENCHMARK(push_and_read<64>)->Name("ring/push+read/64");

void push_and_pop(benchmark::State& state) {
  scene const in;
  auto const ring = in.ring<64>(stoa::ring_mode::bounded);
  sample<64> next{};
  std::uint64_t sum = 0;
  for (auto _ : state) {
    if (!ring.try_push(next)) break;
    ++next.words[0];
    if (auto const got = ring.try_pop()) sum += got->words[0];
  }
  if (sum != next.words[0] * (next.words[0] - 1) / 2) state.SkipWithError("a sample was lost");
}
BENCHMARK(push_and_pop)->Name("ring/bounded push+pop/64");

void latest(benchmark::State& state) {
  scene const in;
  auto const ring = in.ring<64>();
  for (int i = 0; i < 5000; ++i) ring.push({});
  std::vector<sample<64>> out(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(ring.latest(std::span{out}));
}
BENCHMARK(latest)->Name("ring/latest/64")->Arg(1)->Arg(64);

}  // namespace
