#include <stoa/base/cross_core_copy.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

namespace stoa {
namespace {

// Bytes in a nanosecond. Through the cache it is 30 and more when nobody is in the way, and 2 to 12 when somebody is;
// past the cache some 20.
constexpr std::size_t slow_pace = 16;
constexpr int copies_past_the_cache = 255;    // until the cache is tried again
constexpr int copies_through_the_cache = 15;  // until one is timed again

// How many copies are left to be made past the cache, if positive, or else, if negative, through it. Of this process:
// where its cores are is mostly a matter of the process. relaxed: a guess, and any value of it is right.
constinit std::atomic<int> left{0};

bool is_slow(std::size_t bytes, std::chrono::steady_clock::duration took) noexcept {
  return bytes / slow_pace < static_cast<std::uint64_t>(std::chrono::nanoseconds{took}.count());
}

void timed_copy(std::byte* to, std::byte const* from, std::size_t bytes) noexcept {
  auto const begin = std::chrono::steady_clock::now();
  std::memcpy(to, from, bytes);
  auto const took = std::chrono::steady_clock::now() - begin;
  left.store(is_slow(bytes, took) ? copies_past_the_cache : -copies_through_the_cache, std::memory_order_relaxed);
}

}  // namespace

void cross_core_copy(std::byte* to, std::byte const* from, std::size_t bytes) noexcept {
  auto const now = left.load(std::memory_order_relaxed);
  if (now == 0) return timed_copy(to, from, bytes);
  left.store(now > 0 ? now - 1 : now + 1, std::memory_order_relaxed);
  if (now > 0) return internal::streaming_copy(to, from, bytes);
  std::memcpy(to, from, bytes);
}

#if defined(__x86_64__)

namespace {

constexpr std::size_t line_bytes = 64;

// Requires: `to` at the start of a line.
void stream_line(std::byte* to, std::byte const* from) noexcept {
  auto* const parts = reinterpret_cast<__m128i*>(to);
  auto const* const source = reinterpret_cast<__m128i const*>(from);
  for (int i = 0; i < 4; ++i) _mm_stream_si128(parts + i, _mm_loadu_si128(source + i));
}

}  // namespace

void internal::streaming_copy(std::byte* to, std::byte const* from, std::size_t bytes) noexcept {
  auto const before_a_line = std::min<std::size_t>(-reinterpret_cast<std::uintptr_t>(to) % line_bytes, bytes);
  auto at = before_a_line;
  std::copy_n(from, before_a_line, to);
  for (; bytes - at >= line_bytes; at += line_bytes) stream_line(to + at, from + at);
  std::copy_n(from + at, bytes - at, to + at);
  _mm_sfence();  // nothing else orders streamed stores before those that follow
}

#else

void internal::streaming_copy(std::byte* to, std::byte const* from, std::size_t bytes) noexcept {
  std::memcpy(to, from, bytes);
}

#endif

}  // namespace stoa
