// pair_types.hpp: what programs of two compilers put into the structures.
#pragma once
#include <array>
#include <boost/describe.hpp>
#include <cstdint>
#include <stoa/stoa.hpp>

namespace stoa::testing {

struct point {
  float x;
  std::int16_t y;
  friend bool operator==(point const&, point const&) = default;
};
BOOST_DESCRIBE_STRUCT(point, (), (x, y))

// Padding in the middle and at the end, where compilers could disagree.
struct letter {
  std::uint8_t grade;
  double weight;
  std::array<char, 5> tag;
  std::array<point, 2> path;
  bool is_last;
  std::uint64_t number;
  friend bool operator==(letter const&, letter const&) = default;
};
BOOST_DESCRIBE_STRUCT(letter, (), (grade, weight, tag, path, is_last, number))

struct alignas(64) wide {
  std::array<std::uint32_t, 20> numbers;
  friend bool operator==(wide const&, wide const&) = default;
};

inline letter make_letter(std::uint64_t number) {
  auto const small = static_cast<std::uint8_t>(number % 200);
  return {.grade = small,
          .weight = static_cast<double>(number) / 4,
          .tag = {'t', 'a', 'g', '-', static_cast<char>('a' + number % 26)},
          .path = {point{0.5f, static_cast<std::int16_t>(small)}, point{-1.0f, -7}},
          .is_last = number % 2 == 1,
          .number = number};
}

inline wide make_wide(std::uint32_t first) {
  wide made{};
  for (auto& each : made.numbers) each = first++;
  return made;
}

}  // namespace stoa::testing
