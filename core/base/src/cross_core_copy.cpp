#include <stoa/base/cross_core_copy.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <stoa/base/prefetch.hpp>
#include <stoa/base/route_choice.hpp>

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

namespace stoa {
namespace {

// Of each thread: where its core is, and how far its readers are behind, is mostly a matter of the thread.
constinit thread_local internal::route_choice choice{};

std::uint64_t now_ns() noexcept {
  auto const now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::nanoseconds{now}.count());
}

}  // namespace

void cross_core_copy(std::byte* to, std::byte const* from, std::size_t bytes) noexcept {
  if (choice.next(bytes, now_ns) == internal::copy_route::past_the_cache)
    return internal::streaming_copy(to, from, bytes);
  std::memcpy(to, from, bytes);
}

#if defined(__x86_64__)

namespace {

// Requires: `to` at the start of a line.
void stream_line(std::byte* to, std::byte const* from) noexcept {
  auto* const parts = reinterpret_cast<__m128i*>(to);
  auto const* const source = reinterpret_cast<__m128i const*>(from);
  for (int i = 0; i < 4; ++i) _mm_stream_si128(parts + i, _mm_loadu_si128(source + i));
}

}  // namespace

void internal::streaming_copy(std::byte* to, std::byte const* from, std::size_t bytes) noexcept {
  auto const before_a_line = std::min<std::size_t>(-reinterpret_cast<std::uintptr_t>(to) % cache_line_bytes, bytes);
  auto at = before_a_line;
  std::copy_n(from, before_a_line, to);
  for (; bytes - at >= cache_line_bytes; at += cache_line_bytes) stream_line(to + at, from + at);
  std::copy_n(from + at, bytes - at, to + at);
  _mm_sfence();  // nothing else orders streamed stores before those that follow
}

#else

void internal::streaming_copy(std::byte* to, std::byte const* from, std::size_t bytes) noexcept {
  std::memcpy(to, from, bytes);
}

#endif

}  // namespace stoa
