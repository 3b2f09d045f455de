// rounds.hpp: candidates take turns, round by round, with the floors measured in between.
#pragma once
#include <functional>
#include <string>

#include "results.hpp"

namespace stoa::benchmarks {

struct rounds_settings {
  unsigned rounds = 9;
  round_settings each;
  std::function<bool(candidate const&)> wanted = [](candidate const&) { return true; };
  bool is_talking = true;  // about what it does, on stderr
};

// The case whose figure says how far the cores are from each other.
inline constexpr auto line_case = "cache line there and back";

results run_rounds(rounds_settings const& with);

// Nanoseconds of a round trip of two lines between two cores, now.
double line_round_trip(std::chrono::microseconds time);

}  // namespace stoa::benchmarks
