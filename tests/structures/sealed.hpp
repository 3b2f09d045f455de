// sealed.hpp: an element that knows when it was torn, and counters that are about to wrap.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

namespace stoa::testing {

inline constexpr std::uint64_t before_wrap = ~std::uint64_t{0} - 2;  // 2^64 - 3

// Knows when it was torn: all words follow from the first.
template <std::size_t Bytes>
struct sealed_in {
  std::array<std::uint64_t, Bytes / sizeof(std::uint64_t)> words{};
  sealed_in() = default;
  explicit sealed_in(std::uint64_t number) {
    for (std::size_t i = 0; i < words.size(); ++i) words[i] = number ^ (i * 0x9E37'79B9'7F4A'7C15);
  }
  std::uint64_t number() const { return words[0]; }
  bool is_whole() const { return words == sealed_in{number()}.words; }
};
using sealed = sealed_in<64>;

}  // namespace stoa::testing
