// stoa/message_prefetch.hpp: asking for the lines of a message_ring that will be needed soon, and that another core has.
//
// Nothing depends on it but the time things take: a locked operation, of which each message takes two or three, waits
// until all that was stored before it is in the cache, line by line.
#pragma once
#include <algorithm>
#include <stoa/base/prefetch.hpp>
#include <stoa/message_ring_bytes.hpp>

namespace stoa::internal {

// Before a record is written: for those that producers will come to 4 KB further on. Who received what is in them has
// them, mostly.
inline void prefetch_to_send(message_ring_bytes const& ring, std::uint64_t position, std::uint64_t units) noexcept {
  constexpr std::uint64_t ahead = 4096;
  auto const first = position + ahead;
  prefetch_for_write(&ring.mark(first));
  for (std::uint64_t unit = 0; unit < std::min(units, ahead / record_unit); ++unit)
    prefetch_for_write(&ring.label(first + unit * record_unit));
}

// When a record was taken: for those a KB further on, if the next is there already. In a ring that is nearly empty they
// are their producer's still.
inline void prefetch_to_take(message_ring_bytes const& ring, held_record const& got) noexcept {
  constexpr std::uint64_t ahead = 1024;
  auto const next = got.end();
  auto const& mark = ring.mark(next);
  bool const is_in_another_line = reinterpret_cast<std::uintptr_t>(&mark) % cache_line_bytes == 0;
  if (is_in_another_line) return;
  auto const found = mark.load(std::memory_order_relaxed);  // a hint
  if (!is_of_lap(found, ring.lap(next)) || state_in(found) != record_state::committed) return;
  prefetch_for_write(&ring.mark(next + ahead));
  for (std::uint64_t unit = 0; unit < std::min<std::uint64_t>(got.units, ahead / record_unit); ++unit)
    __builtin_prefetch(&ring.label(next + ahead + unit * record_unit));
}

}  // namespace stoa::internal
