// numbered_message.hpp: messages of several sizes that know their number and when they were torn.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace stoa::testing {

// One, two and three units of a message_ring in turn: neighbours differ in length.
inline std::size_t size_of_message(std::uint64_t number) { return 8 + (number % 3) * 56; }

inline std::vector<std::byte> numbered_message(std::uint64_t number, std::size_t size) {
  std::vector<std::byte> out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::byte>((number * 7 + i * 13) >> (i % 3));
  if (size != 0) std::memcpy(out.data(), &number, std::min(size, sizeof(number)));
  return out;
}
inline std::vector<std::byte> numbered_message(std::uint64_t number) {
  return numbered_message(number, size_of_message(number));
}
inline std::uint64_t number_in(std::span<std::byte const> bytes) {
  std::uint64_t number = 0;
  if (!bytes.empty()) std::memcpy(&number, bytes.data(), std::min(bytes.size(), sizeof(number)));
  return number;
}
inline bool is_numbered_message(std::span<std::byte const> bytes) {
  auto const whole = numbered_message(number_in(bytes), bytes.size());
  return bytes.size() == size_of_message(number_in(bytes)) && std::memcmp(whole.data(), bytes.data(), bytes.size()) == 0;
}

}  // namespace stoa::testing
