// numbers.hpp: consecutive numbers to put in, and all there is to take out.
#pragma once
#include <cstdint>
#include <numeric>
#include <vector>

namespace stoa::testing {

inline std::vector<std::uint64_t> counted(std::uint64_t from, std::size_t count) {
  std::vector<std::uint64_t> out(count);
  std::iota(out.begin(), out.end(), from);
  return out;
}

template <class Queue>
std::vector<std::uint64_t> drained(Queue const& queue) {
  std::vector<std::uint64_t> out;
  while (auto const got = queue.try_pop()) out.push_back(*got);
  return out;
}

}  // namespace stoa::testing
