// wait_record.hpp: how long the workers of a soak have waited: the longest wait and how many were long, in
// words that they share.
#pragma once
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <stoa/stoa.hpp>
#include <string_view>

#include "stopwatch.hpp"

namespace stoa::stress {

class wait_record {
 public:
  static void publish(segment const& in) { in.publish<array<std::uint64_t>>("waits", 4); }
  explicit wait_record(segment const& in) : words_{in.attach<array<std::uint64_t>>("waits")} {}

  // Does what may wait, and notes how long that took.
  template <class Operation>
  auto timed(Operation operation) const {
    noting const note{*this, {}};
    return operation();
  }
  void print(std::string_view what) const {
    fmt::print("{}: {:.1f} ms in all, {:.1f} ms given a core; longer than 10 ms: {} in all, {} given a core\n", what,
               longest_ms(in_all), longest_ms(given_a_core), words_.atomic(in_all + 1).load(),
               words_.atomic(given_a_core + 1).load());
  }

 private:
  enum place : std::size_t { in_all = 0, given_a_core = 2 };  // of the longest, in us; beside it how many were long

  struct noting {
    wait_record const& into;
    stopwatch watch;
    ~noting() {
      into.note(given_a_core, watch.given_a_core());  // first: so it is not more than in all
      into.note(in_all, watch.in_all());
    }
  };
  void note(place at, std::chrono::nanoseconds waited) const {
    auto const us = static_cast<std::uint64_t>(std::max<std::int64_t>(waited.count() / 1000, 0));
    auto longest = words_.atomic(at).load();
    while (us > longest && !words_.atomic(at).compare_exchange_weak(longest, us)) {
    }
    if (us > 10'000) words_.atomic(at + 1).fetch_add(1);
  }
  double longest_ms(place at) const { return static_cast<double>(words_.atomic(at).load()) / 1000; }

  array<std::uint64_t> words_;
};

}  // namespace stoa::stress
