// stoa/lanes.hpp: what a thread writes down before it takes something, for those who outlive it.
//
// A lane belongs to one thread at a time. Before an operation takes a ticket it names it here; when
// the operation is over it forgets. A name is two words: the ticket is written first, then `what`,
// which makes it valid; readers read what, ticket, what.
//
// I1 named first   whoever can see that a ticket was taken can see who named it: the store of the
//                  name comes before the CAS that takes, and that CAS releases
// I2 own lane      only the owner writes names; a dead owner's lane is first taken over by a CAS on
//                  `owner`, and participant ids are never used twice, so that two cannot repair it
// I3 forget last   the name is cleared after the store that ends the operation
//
//   owner:  0 --take--> thread of a process --leave--> 0
//                           | dies
//                           v
//                       dead owner --CAS--> repairer --all settled--> 0
//                                                    --some left----> abandoned --CAS--> repairer
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <stoa/segment_format.hpp>

namespace stoa {

enum class lane_op : std::uint8_t {
  none = 0,
  push = 1,      // may have taken these tickets to write
  pushing = 2,   // has taken them: all are its own until the first is published
  pop = 3,       // may have taken these tickets to read
  popped = 4,    // has read them all: they only remain to be freed
  lease = 5,     // like pop, until commit or abort
  returned = 6,  // given back: for the next consumer, whoever lives
  lock = 7,      // may hold the lock of this bucket
};

// The part of `what` that tells which entry: the same for all names a handle writes.
using lane_tag = std::uint64_t;
inline constexpr std::uint64_t lane_tag_mask = 0xFF'FFFF'FFF0;
inline constexpr std::uint32_t most_tickets = (1u << 24) - 1;

constexpr lane_tag make_lane_tag(std::uint32_t name_slot, std::uint32_t generation) noexcept {
  return std::uint64_t{name_slot & 0xF'FFFF} << 4 | std::uint64_t{generation & 0xFFFF} << 24;
}
constexpr std::uint64_t make_what(lane_tag tag, lane_op op, std::uint32_t count = 1) noexcept {
  return tag | static_cast<std::uint64_t>(op) | std::uint64_t{count} << 40;
}
constexpr lane_op op_of(std::uint64_t what) noexcept { return static_cast<lane_op>(what & 0xF); }
constexpr lane_tag tag_of(std::uint64_t what) noexcept { return what & lane_tag_mask; }
constexpr std::uint32_t slot_of(std::uint64_t what) noexcept {
  return static_cast<std::uint32_t>(what >> 4) & 0xF'FFFF;
}

struct claim {
  lane_op op = lane_op::none;
  std::uint32_t count = 0;
  std::uint64_t ticket = 0;
  constexpr bool covers(std::uint64_t other) const noexcept { return other - ticket < count; }
};

// Writing a name. The caller's CAS, a release, comes after.
inline void write_name(lane_name& name, std::uint64_t what, std::uint64_t ticket) noexcept {
  // R3 -> A2: who sees this ticket sees the last operation over, its name forgotten (I3)
  name.ticket.store(ticket, std::memory_order_release);
  name.what.store(what, std::memory_order_release);      // R1 -> A1: valid with its ticket
}
// The same name for another ticket, after a lost CAS.
inline void rename(lane_name& name, std::uint64_t ticket) noexcept {
  name.ticket.store(ticket, std::memory_order_release);  // R3 -> A2, and carried by the CAS (I1)
}
inline void forget(lane_name& name) noexcept {
  name.what.store(0, std::memory_order_release);  // R2 -> A1: after what ended the operation (I3)
}

// What `name` says about the entry of `tag`. A name that changes while it is read belongs to a
// thread that has gone on, so it holds nothing that anybody could be waiting for: nullopt.
inline std::optional<claim> read_name(lane_name const& name, lane_tag tag) noexcept {
  for (int attempt = 0; attempt < 4; ++attempt) {
    auto const what = name.what.load(std::memory_order_acquire);  // A1 <- R1, R2
    if (tag_of(what) != tag || op_of(what) == lane_op::none) return std::nullopt;
    auto const ticket = name.ticket.load(std::memory_order_acquire);  // A2 <- R3; before the second look
    if (name.what.load(std::memory_order_relaxed) == what)            // unchanged: they belong together
      return claim{op_of(what), static_cast<std::uint32_t>(what >> 40), ticket};
  }
  return std::nullopt;
}

// Calls visit(lane_name&) for the intent and all leases.
template <class Visit>
void for_each_name(lane& where, Visit visit) {
  visit(where.intent);
  for (auto& name : where.leases) visit(name);
}

namespace internal {

struct lane_cache {
  std::uint64_t serial = 0;  // of the attachment; never used twice in a process
  lane* mine = nullptr;
};
// Few segments are in use by one thread at a time; a collision costs a walk through acquire_lane().
inline constinit thread_local std::array<lane_cache, 8> lane_caches{};

}  // namespace internal
}  // namespace stoa
