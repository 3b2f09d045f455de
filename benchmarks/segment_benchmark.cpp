// What finding a segment and a name in it costs.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include <string>
#include <vector>

#include <stoa/stoa.hpp>

using namespace stoa::literals;

namespace {

std::string unique_name(char const* what) { return fmt::format("benchmark-{}-{}", what, ::getpid()); }

// One name among 256, each in turn.
void attach_among_256(benchmark::State& state) {
  auto const segment = stoa::segment::create(unique_name("attach"), 1_MiB);
  std::vector<std::string> names;
  for (int i = 0; i < 256; ++i) {
    names.push_back(fmt::format("instrument/{}", i));
    segment.publish<stoa::array<double>>(names.back(), 4);
  }
  std::size_t next = 0;
  for (auto _ : state) {
    auto attached = segment.attach<stoa::array<double>>(names[next++ % names.size()]);
    benchmark::DoNotOptimize(attached.data());
  }
}
BENCHMARK(attach_among_256);

// Open and leave again: map, find a place, lock it; and the other way round.
void open_and_close(benchmark::State& state) {
  auto const name = unique_name("open");
  auto const keep = stoa::segment::create(name, 64_MiB);
  for (auto _ : state) {
    auto opened = stoa::segment::open(name);
    benchmark::DoNotOptimize(opened);
  }
}
BENCHMARK(open_and_close)->Unit(benchmark::kMicrosecond);

void open_read_only(benchmark::State& state) {
  auto const name = unique_name("observe");
  auto const keep = stoa::segment::create(name, 64_MiB);
  for (auto _ : state) {
    auto opened = stoa::segment::open_read_only(name);
    benchmark::DoNotOptimize(opened);
  }
}
BENCHMARK(open_read_only)->Unit(benchmark::kMicrosecond);

void publish_and_erase(benchmark::State& state) {
  auto const segment = stoa::segment::create(unique_name("publish"), 1_MiB);
  for (auto _ : state) {
    segment.publish<stoa::value<std::uint64_t>>("scratch");
    segment.erase("scratch");
  }
}
BENCHMARK(publish_and_erase)->Unit(benchmark::kMicrosecond);

}  // namespace
