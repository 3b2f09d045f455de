// ring_of_four.hpp: a ring that overwrites, seen through two mappings, and what it holds.
#pragma once
#include <gtest/gtest.h>

#include <cstdint>
#include <span>
#include <vector>

#include "elements.hpp"

namespace stoa::testing {

using numbers = stoa::ring<std::uint64_t>;

inline std::vector<std::uint64_t> last_of(numbers const& ring, std::size_t most = 100) {
  std::vector<std::uint64_t> out(most);
  out.resize(ring.latest(std::span{out}));
  return out;
}

// The ring of 4 through one mapping, looked at through the other; positions wrap after three.
class ring_of_four : public ::testing::Test {
 protected:
  two_views views;
  numbers ring = views.first.publish<numbers>("r", 4, ring_mode::overwrite, before_wrap);
  numbers other = views.second.attach<numbers>("r");

  void push_up_to(std::uint64_t last) {
    for (auto n = ring.total_written() + 1; n <= last; ++n) ring.push(n);
  }
};

}  // namespace stoa::testing
