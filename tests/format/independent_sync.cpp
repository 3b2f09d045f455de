// docs/format.md, sections 26 to 32 and 34 to 36: holders, and what they hold.
#include "independent_sync.hpp"

#include "independent_bytes.hpp"
#include "independent_structures.hpp"

namespace independent {
namespace {

holder holder_in(std::uint64_t word) {
  holder out;
  out.is_marked = word % 2 == 1;
  out.is_claimed = word >> 63 == 1;
  out.is_somebody = (word & ~(1ull << 63 | 1)) != 0;
  if (!out.is_somebody) return out;
  auto const place = word >> 1 & 0x1FFF;
  require(place != 0, "a holder without a place");
  out.place = static_cast<std::uint32_t>(place - 1);
  out.thread = static_cast<std::uint32_t>(word >> 14 & 0x3F'FFFF);
  out.generation = static_cast<std::uint32_t>(word >> 36 & 0x7FF'FFFF);
  return out;
}

void require_kind(entry const& from, std::string_view kind, std::uint64_t header_bytes) {
  require(from.kind == kind, "another kind");
  require(from.body.size() >= header_bytes, "no room for the header");
}

}  // namespace

mutex_state state_of_mutex(entry const& from) {
  require_kind(from, "mutex", 128);
  return {holder_in(u64(from.body, 0)), u64(from.body, 8)};
}

event_state state_of_event(entry const& from) {
  require_kind(from, "event", 128);
  auto const word = u64(from.body, 0);
  return {word % 2 == 1, word >> 1};
}

semaphore_state state_of_semaphore(entry const& from) {
  require_kind(from, "semaphore", 128);
  semaphore_state const out{u64(from.body, 0), u64(from.body, 8)};
  require(out.max != 0 && out.count <= out.max, "semaphore: count");
  return out;
}

std::uint64_t notifications_of(entry const& condition) {
  require_kind(condition, "condition", 128);
  return u64(condition.body, 0);
}

shared_mutex_state state_of_shared_mutex(entry const& from) {
  require_kind(from, "shared_mutex", 256);
  auto const readers = u64(from.body, 0);
  require(readers >= 1 && readers <= 1u << 16, "shared_mutex: readers");
  auto const marks = part(from.body, 256, readers * 8);
  shared_mutex_state out{holder_in(u64(from.body, 128)), u64(from.body, 136), {}};
  for (std::uint64_t i = 0; i < readers; ++i) out.readers.push_back(holder_in(u64(marks, i * 8)));
  return out;
}

latch_state state_of_latch(entry const& from) {
  require_kind(from, "latch", 128);
  return {u64(from.body, 0), u64(from.body, 8)};
}

barrier_state state_of_barrier(entry const& from) {
  require_kind(from, "barrier", 256);
  auto const members = u64(from.body, 0);
  require(members >= 1 && members <= 4096, "barrier: members");
  auto const all = part(from.body, 256, members * 16);
  barrier_state out{u64(from.body, 128), {}};
  for (std::uint64_t i = 0; i < members; ++i)
    out.members.push_back({holder_in(u64(all, i * 16)), u64(all, i * 16 + 8)});
  return out;
}

once_state state_of_once(entry const& from) {
  require_kind(from, "once_flag", 128);
  auto const word = u64(from.body, 0);
  return {holder_in(word), word == 1, u64(from.body, 8)};
}

future_state state_of_future(entry const& from) {
  require_kind(from, "future", 128);
  require(from.element_bytes != 0 && u64(from.body, 0) == from.element_bytes, "future: payload_bytes");
  future_state const out{u64(from.body, 8), u64(from.body, 16)};
  require(out.state <= 2, "future: state");
  return out;
}

std::vector<blob> elements_of_future(entry const& from) {
  if (state_of_future(from).state != 1) return {};
  return {copy_of(part(from.body, 128, from.element_bytes))};
}

}  // namespace independent
