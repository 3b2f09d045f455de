// pair_content.hpp: what programs of two compilers show each other.
#pragma once
#include <string>

#include "pair_connections.hpp"
#include "pair_messages.hpp"
#include "pair_structures.hpp"
#include "pair_types.hpp"

namespace stoa::testing {

inline void fill(segment const& where) {
  auto const points = where.publish<array<point>>("points", 5);
  for (std::size_t i = 0; i < points.size(); ++i) points[i] = {static_cast<float>(i), -1};
  where.publish<value<letter>>("newest").store(make_letter(77));
  where.publish<value<wide>>("wide", 3).store(make_wide(1000));
  auto const letters =
      where.publish<queue<letter>>("letters", queue_shape{4, ~std::uint64_t{0} - 1});
  for (std::uint64_t i = 0; i < 4; ++i) letters.push(make_letter(i));
  auto const steps = where.publish<spsc_queue<wide>>("steps", 2);
  for (std::uint32_t i = 0; i < 2; ++i) steps.push(make_wide(i));
}

// What of fill() is not found; empty: all is there. Takes the elements out of the queues.
inline std::string missing(segment const& where) {
  auto const points = where.attach<array<point>>("points");
  for (std::size_t i = 0; i < 5; ++i)
    if (points.at(i) != point{static_cast<float>(i), -1}) return "points";
  if (where.attach<value<letter>>("newest").load() != make_letter(77)) return "newest";
  if (where.attach<value<wide>>("wide").load() != make_wide(1000)) return "wide";
  auto const letters = where.attach<queue<letter>>("letters");
  for (std::uint64_t i = 0; i < 4; ++i)
    if (letters.try_pop() != make_letter(i)) return "letters";
  auto const steps = where.attach<spsc_queue<wide>>("steps");
  for (std::uint32_t i = 0; i < 2; ++i)
    if (steps.try_pop() != make_wide(i)) return "steps";
  return {};
}

}  // namespace stoa::testing
