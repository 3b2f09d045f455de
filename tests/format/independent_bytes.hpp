// independent_bytes.hpp: numbers out of bytes, for the independent reader. Nothing of the library.
#pragma once
#include <string>

#include "independent_reader.hpp"

namespace independent {

inline void require(bool condition, char const* what) {
  if (!condition) throw format_error{what};
}

// The part of `all` from `offset` on; throws where it does not lie inside.
inline bytes part(bytes all, std::uint64_t offset, std::uint64_t size) {
  require(offset <= all.size() && size <= all.size() - offset, "something lies outside");
  return all.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
}

// What follows a header; throws if that does not fit.
inline bytes behind(bytes all, std::uint64_t header_bytes) {
  require(all.size() >= header_bytes, "no room for the header");
  return all.subspan(static_cast<std::size_t>(header_bytes));
}

// Whether `count` of `each` bytes fit into `room`. Never of 0: damaged sizes wrap to it when they are aligned.
inline bool fit(std::uint64_t count, std::uint64_t each, std::uint64_t room) {
  return each != 0 && count <= room / each;
}

inline blob copy_of(bytes from) { return {from.begin(), from.end()}; }

// Little-endian, whatever this machine is.
inline std::uint64_t number(bytes all, std::uint64_t offset, unsigned size) {
  std::uint64_t value = 0;
  auto const field = part(all, offset, size);
  for (unsigned i = size; i-- > 0;) value = value << 8 | std::to_integer<std::uint64_t>(field[i]);
  return value;
}
inline std::uint64_t u64(bytes all, std::uint64_t offset) {
  return number(all, offset, 8);
}
inline std::uint32_t u32(bytes all, std::uint64_t offset) {
  return static_cast<std::uint32_t>(number(all, offset, 4));
}

// Up to the first zero, or all of it.
inline std::string text(bytes field) {
  std::string out;
  for (auto const each : field) {
    if (each == std::byte{0}) break;
    out += static_cast<char>(each);
  }
  return out;
}

inline std::uint64_t align(std::uint64_t value, std::uint64_t unit) {
  return (value + unit - 1) / unit * unit;
}

inline bool is_power_of_two(std::uint64_t value) {
  return value != 0 && (value & (value - 1)) == 0;
}

// The CRC-32C, bit by bit.
inline std::uint32_t crc32c(bytes of, std::uint32_t before) {
  auto crc = ~before;
  for (auto const each : of) {
    crc ^= std::to_integer<std::uint32_t>(each);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc % 2 != 0 ? 0x82F6'3B78u : 0u);
  }
  return ~crc;
}

}  // namespace independent
