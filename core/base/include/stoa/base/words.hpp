// stoa/base/words.hpp: bytes moved as relaxed 64-bit atomic words.
//
// For bytes that one process reads while another may write them. The copy may be torn, and its user
// must validate it (a version before and after, with fences); but it is defined behaviour.
// relaxed: the validation orders these accesses, they carry nothing themselves.
#pragma once
#include <cstddef>
#include <cstring>
#include <stoa/base/atomic.hpp>

namespace stoa {

inline constexpr std::size_t word_bytes = sizeof(std::uint64_t);

constexpr std::size_t words_for(std::size_t bytes) noexcept {
  return bytes / word_bytes + (bytes % word_bytes != 0);
}

// `to` has words_for(bytes) words; what pads the last one is set to zero.
inline void store_words(atomic_u64* to, void const* from, std::size_t bytes) noexcept {
  auto const* source = static_cast<unsigned char const*>(from);
  for (; bytes >= word_bytes; bytes -= word_bytes, source += word_bytes, ++to) {
    std::uint64_t word;
    std::memcpy(&word, source, word_bytes);
    to->store(word, std::memory_order_relaxed);
  }
  if (bytes != 0) {
    std::uint64_t word = 0;
    std::memcpy(&word, source, bytes);
    to->store(word, std::memory_order_relaxed);
  }
}

inline void load_words(void* to, atomic_u64 const* from, std::size_t bytes) noexcept {
  auto* target = static_cast<unsigned char*>(to);
  for (; bytes >= word_bytes; bytes -= word_bytes, target += word_bytes, ++from) {
    std::uint64_t const word = from->load(std::memory_order_relaxed);
    std::memcpy(target, &word, word_bytes);
  }
  if (bytes != 0) {
    std::uint64_t const word = from->load(std::memory_order_relaxed);
    std::memcpy(target, &word, bytes);
  }
}

}  // namespace stoa
