// stoa/base/layout.hpp: constants and arithmetic of the format.
#pragma once
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace stoa {

// What separates words that different processes write. A constant of the format, not the compiler's
// opinion of a line: two 64-byte lines, because adjacent lines are fetched in pairs.
inline constexpr std::size_t pad_bytes = 128;
inline constexpr std::size_t page_bytes = 4096;

// The format is little-endian; a big-endian machine would need swapping on every access.
static_assert(std::endian::native == std::endian::little);

// `unit` is a power of two. Wraps for values within `unit` of 2^64: check first.
constexpr std::uint64_t align_up(std::uint64_t value, std::uint64_t unit) noexcept {
  return (value + unit - 1) & ~(unit - 1);
}

constexpr bool is_aligned(std::uint64_t value, std::uint64_t unit) noexcept {
  return (value & (unit - 1)) == 0;
}

// A count that a user wrote as any integer; a negative one is more than can be had.
template <std::integral N>
constexpr std::uint64_t to_count(N n) noexcept {
  return n < N{} ? ~std::uint64_t{0} : static_cast<std::uint64_t>(n);
}

// nullopt on overflow. Sizes come from users and from other processes: neither is trusted.
constexpr std::optional<std::uint64_t> checked_add(std::uint64_t a, std::uint64_t b) noexcept {
  std::uint64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? std::nullopt : std::optional{sum};
}

constexpr std::optional<std::uint64_t> checked_multiply(std::uint64_t a, std::uint64_t b) noexcept {
  std::uint64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? std::nullopt : std::optional{product};
}

// header + count * each, or nullopt.
constexpr std::optional<std::uint64_t> checked_extent(std::uint64_t header, std::uint64_t count,
                                                      std::uint64_t each) noexcept {
  auto const elements = checked_multiply(count, each);
  return elements ? checked_add(header, *elements) : std::nullopt;
}

}  // namespace stoa
