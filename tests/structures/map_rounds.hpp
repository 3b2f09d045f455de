// map_rounds.hpp: how long tests of a map under load go on.
#pragma once
#include <cstdint>
#include <cstdlib>

namespace stoa::testing {

// The environment's STOA_MAP_ROUNDS, or `usual`.
inline std::uint64_t rounds(std::uint64_t usual) {
  auto const* const asked = std::getenv("STOA_MAP_ROUNDS");
  return asked != nullptr ? std::strtoull(asked, nullptr, 10) : usual;
}

}  // namespace stoa::testing
