// sealed.hpp: an element that knows when it was torn, and counters that are about to wrap.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

namespace stoa::testing {

inline constexpr std::uint64_t before_wrap = ~std::uint64_t{0} - 2;  // 2^64 - 3

// Knows when it was torn: all words follow from the first.
struct sealed {
  std::array<std::uint64_t, 8> words{};
  sealed() = default;
  explicit sealed(std::uint64_t number) {
    for (std::size_t i = 0; i < words.size(); ++i) words[i] = number ^ (i * 0x9E37'79B9'7F4A'7C15);
  }
  std::uint64_t number() const { return words[0]; }
  bool is_whole() const { return words == sealed{number()}.words; }
};

}  // namespace stoa::testing
