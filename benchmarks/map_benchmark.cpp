// A map of random 64-bit keys, beside a hash map of one process: boost::unordered_flat_map.
//
//   map_benchmark [--elements N] [--rounds N] [--cycles N]
//
// Per round, interleaved: fill both from empty, find every key in another order, find as many that are not
// there, erase every key. Medians of the rounds, in nanoseconds for each operation, one thread.
// With --cycles, instead: that many times erase the oldest key and insert a new one at 80 % load; the cost
// of each million.
#include <fmt/format.h>
#include <time.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <chrono>
#include <cstdlib>
#include <random>
#include <stoa/map.hpp>
#include <stoa/segment.hpp>
#include <string>
#include <vector>

using namespace stoa::literals;

namespace {

using keys = std::vector<std::uint64_t>;
using shared_map = stoa::map<std::uint64_t, std::uint64_t>;

// The thread's own time: what other programs take of the core does not count.
struct cpu_clock {
  using duration = std::chrono::nanoseconds;
  using time_point = std::chrono::time_point<cpu_clock>;
  static time_point now() {
    timespec spent{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
    return time_point{std::chrono::seconds{spent.tv_sec} + duration{spent.tv_nsec}};
  }
};

struct settings {
  std::uint64_t elements = 1'000'000;
  unsigned rounds = 9;
  std::uint64_t cycles = 0;
};

keys random_keys(std::uint64_t count, std::uint64_t seed) {
  std::mt19937_64 random{seed};
  keys out(count);
  std::ranges::generate(out, random);
  return out;
}

// Nanoseconds for each of `in`. Ends the program if `each` does not say true for all.
template <class Each>
double time_of(keys const& in, Each each) {
  auto const start = cpu_clock::now();
  std::uint64_t done = 0;
  for (auto const key : in) done += each(key);
  auto const spent = std::chrono::duration<double, std::nano>{cpu_clock::now() - start};
  if (done != in.size()) {
    fmt::print(stderr, "{} of {} operations did what they should\n", done, in.size());
    std::exit(1);
  }
  return spent.count() / static_cast<double>(in.size());
}

struct times {
  std::vector<double> insert, find, miss, erase;
};

double median(std::vector<double> of) {
  std::ranges::sort(of);
  return of[of.size() / 2];
}

stoa::segment make_segment(std::uint64_t elements) {
  return stoa::segment::create(fmt::format("map-benchmark-{}", ::getpid()), elements * 120 + 1_MiB);
}

void compare(settings const& with) {
  auto const in = random_keys(with.elements, 1);
  auto order = in;
  std::ranges::shuffle(order, std::mt19937_64{2});
  auto const others = random_keys(with.elements, 3);
  auto const segment = make_segment(with.elements);
  auto const ours = segment.publish<shared_map>("map", with.elements);
  times a, b, grown;
  for (unsigned round = 0; round < with.rounds; ++round) {
    a.insert.push_back(time_of(in, [&](auto key) { return bool{ours.insert(key, key)}; }));
    a.find.push_back(time_of(order, [&](auto key) { return ours.find(key) == key; }));
    a.miss.push_back(time_of(others, [&](auto key) { return !ours.find(key); }));
    a.erase.push_back(time_of(order, [&](auto key) { return ours.erase(key); }));

    // Memory that was touched before, as ours was: else the kernel's work for fresh pages is measured.
    boost::unordered_flat_map<std::uint64_t, std::uint64_t> theirs;
    theirs.reserve(with.elements);
    for (auto const key : in) theirs.emplace(key, key);
    theirs.clear();
    b.insert.push_back(time_of(in, [&](auto key) { return theirs.emplace(key, key).second; }));
    b.find.push_back(time_of(order, [&](auto key) { return theirs.find(key)->second == key; }));
    b.miss.push_back(time_of(others, [&](auto key) { return theirs.find(key) == theirs.end(); }));
    b.erase.push_back(time_of(order, [&](auto key) { return theirs.erase(key) == 1; }));
    decltype(theirs) growing;
    grown.insert.push_back(time_of(in, [&](auto key) { return growing.emplace(key, key).second; }));
  }
  fmt::print("{} random keys and values of 8 bytes, medians of {} rounds, ns\n", with.elements, with.rounds);
  fmt::print("{:<10}{:>10}{:>16}{:>8}\n", "", "stoa::map", "flat_map", "ratio");
  auto const line = [](char const* what, std::vector<double> const& one, std::vector<double> const& other) {
    fmt::print("{:<10}{:>10.1f}{:>16.1f}{:>8.2f}\n", what, median(one), median(other), median(one) / median(other));
  };
  line("insert", a.insert, b.insert);
  line("  growing", a.insert, grown.insert);
  line("find", a.find, b.find);
  line("miss", a.miss, b.miss);
  line("erase", a.erase, b.erase);
}

// Keys in a fixed sequence; the map always holds the last 80 % of its capacity of them.
void churn(settings const& with) {
  auto const segment = make_segment(with.elements);
  auto const map = segment.publish<shared_map>("map", with.elements);
  auto const load = with.elements * 4 / 5;
  auto const key = [](std::uint64_t n) { return n * 0x9E37'79B9'7F4A'7C15; };
  for (std::uint64_t n = 0; n < load; ++n)
    if (!map.insert(key(n), n)) std::exit(1);
  constexpr std::uint64_t million = 1'000'000;
  double first = 0, last = 0, worst = 0;
  std::uint64_t n = 0;
  for (std::uint64_t part = 0; part * million < with.cycles; ++part) {
    auto const start = cpu_clock::now();
    for (std::uint64_t i = 0; i < million; ++i, ++n)
      if (!map.erase(key(n)) || !map.insert(key(n + load), n + load)) std::exit(1);
    last = std::chrono::duration<double, std::milli>{cpu_clock::now() - start}.count();
    if (part == 0) first = last;
    worst = std::max(worst, last);
  }
  fmt::print("{} cycles of erase and insert at {} of {} elements, ms for a million: first {:.0f}, last {:.0f} "
             "({:.2f}), worst {:.0f}; {} elements, {} of {} overflow buckets used\n", n, load, with.elements, first,
             last, last / first, worst, map.size(), map.statistics().overflows_used, map.statistics().overflows);
}

}  // namespace

int main(int argc, char** argv) {
  settings with;
  CLI::App app{"Compares stoa::map with boost::unordered_flat_map, or turns its elements over"};
  app.add_option("--elements", with.elements, "capacity, and how many")->capture_default_str();
  app.add_option("--rounds", with.rounds, "of which the median is shown")->capture_default_str();
  app.add_option("--cycles", with.cycles, "erase and insert that often instead")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  with.cycles == 0 ? compare(with) : churn(with);
}
