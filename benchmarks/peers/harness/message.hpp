// message.hpp: what is sent: a sequence number, and something to verify in each cache line.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace stoa::benchmarks {

template <std::size_t Bytes>
struct message {
  static_assert(Bytes % 8 == 0 && Bytes > 8);
  std::uint64_t sequence;  // or a time
  std::uint64_t words[Bytes / 8 - 1];
};
template <>
struct message<8> {
  std::uint64_t sequence;
};

// What each line after the first begins with.
inline constexpr std::uint64_t line_mark = 0x5EED'0000'0000'0001;

template <std::size_t Bytes>
message<Bytes> make_message(std::uint64_t sequence) noexcept {
  message<Bytes> out{};
  if constexpr (Bytes > 64)
    for (std::size_t word = 8; word < Bytes / 8; word += 8) out.words[word - 1] = line_mark;
  out.sequence = sequence;
  return out;
}

inline std::uint64_t word_at(void const* bytes, std::size_t offset) noexcept {
  std::uint64_t word;
  std::memcpy(&word, static_cast<std::byte const*>(bytes) + offset, sizeof(word));
  return word;
}
// Looks at every line.
template <std::size_t Bytes>
bool is_whole(void const* bytes) noexcept {
  std::uint64_t difference = 0;
  for (std::size_t at = 64; at < Bytes; at += 64) difference |= word_at(bytes, at) ^ line_mark;
  return difference == 0;
}

}  // namespace stoa::benchmarks
