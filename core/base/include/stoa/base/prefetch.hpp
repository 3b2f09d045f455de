// stoa/base/prefetch.hpp: asking for cache lines before they are written.
//
// Stores leave a core in order: one that misses waits for its line, and all later ones wait behind it. Who writes where
// another core has read pays that for each line, one after the other, unless the lines were asked for before.
#pragma once
#include <cstddef>

namespace stoa {

inline constexpr std::size_t cache_line_bytes = 64;

// Asks for the line to be this core's to write. Never faults; changes nothing but the time things take.
inline void prefetch_for_write(void const* line) noexcept {
#if defined(__x86_64__)
  // Compilers write a prefetch for reading here, unless they are told that the processor has this one; one that has not
  // takes it for a no-op.
  __asm__ __volatile__("prefetchw %0" : : "m"(*static_cast<char const*>(line)));
#else
  __builtin_prefetch(line, 1);
#endif
}

// The lines of a run of bytes.
inline void prefetch_for_write(std::byte const* begin, std::size_t bytes) noexcept {
  for (std::size_t at = 0; at < bytes; at += cache_line_bytes) prefetch_for_write(begin + at);
}

}  // namespace stoa
