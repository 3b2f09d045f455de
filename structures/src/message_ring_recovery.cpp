// What becomes of a message_ring's records when those who claimed or took them die. Nothing here is on the fast path.
#include <algorithm>
#include <limits>
#include <optional>
#include <stoa/known_lives.hpp>
#include <stoa/message_ring_bytes.hpp>

namespace stoa {

// --- messages of dead consumers, and those given back ---

// The first record between the two that was taken by somebody who is dead now, or given back. Unit by unit: where no
// record begins, marks are of earlier laps, or of the inside of a batch whose sender died.
std::optional<std::uint64_t> message_ring_bytes::find_orphan(attachment& owner, std::uint64_t from,
                                                             std::uint64_t end) const {
  short_owner known = 0;  // to be alive, when it was asked for
  for (auto left = capacity() / record_unit; left > 0 && is_past(end, from); --left, from += record_unit) {
    auto const found = mark(from).load(std::memory_order_acquire);  // message_ring_bytes.hpp:A1 <- R6
    if (units_of(from, found) == 0) continue;
    if (state_in(found) == record_state::returned) return from;
    if (state_in(found) != record_state::taken || taker_in(found) == known) continue;
    // The taker was read with acquire, so his place has at least his generation.
    if (!is_alive(owner, taker_in(found))) return from;
    known = taker_in(found);
  }
  return std::nullopt;
}

held_record message_ring_bytes::take_back(attachment& owner) const {
  // A7 <- message_ring_bytes.hpp:R7. Cleared before the search: what is returned from now on sets it again.
  header_->recall.exchange(0, std::memory_order_acq_rel);
  auto at = reclaim();
  auto const end = header_->head.load(std::memory_order_acquire);  // message_ring_bytes.hpp:A4 <- R4
  held_record got;
  while (auto const orphan = find_orphan(owner, at, end)) {
    if (got) {
      header_->recall.store(1, std::memory_order_release);  // another one
      break;
    }
    auto found = mark(*orphan).load(std::memory_order_acquire);  // message_ring_bytes.hpp:A1 <- R6
    auto const units = units_of(*orphan, found);
    at = *orphan + record_unit;
    bool const is_still = units != 0 && (state_in(found) == record_state::returned ||
                                         (state_in(found) == record_state::taken && !is_alive(owner, taker_in(found))));
    if (!is_still) continue;
    auto const mine = make_taken_mark(lap(*orphan), short_owner_of(owner.self()), units);
    if (!mark(*orphan).compare_exchange_strong(found, mine, std::memory_order_acq_rel, std::memory_order_relaxed))  // I6
      continue;
    // As long as it is held free does not pass it. A taken one that a very late look took for another one, many laps
    // before, is where it is for free.
    auto const free = header_->free.load(std::memory_order_acquire);  // message_ring_bytes.hpp:A5 <- R5
    auto const position = free + ((*orphan - free) & mask_);
    got = {position, turn(position).load(std::memory_order_relaxed), units};
  }
  return got;
}

// --- claims of dead producers ---

// Whether a record begins or will begin at a position that tail may have reached. Every claim is named before tail
// passes it, and its mark set before it is forgotten: so who looks at tail, names and mark in this order sees one of them.
// acquire, all three: that is this order
bool message_ring_bytes::is_boundary(attachment& owner, std::uint64_t position) const {
  auto const tail = header_->tail.load(std::memory_order_acquire);
  if (tail == position) return true;
  if (!is_past(tail, position)) return false;
  bool is_named = false;
  for (auto& each : owner.map().used_lanes())
    for_each_name(each, [&](lane_name& name) {
      auto const held = read_name(name, tag_);
      is_named |= held && held->ticket == position;
    });
  // acquires, as said above: after the names
  return is_named || !is_before_lap(mark(position).load(std::memory_order_acquire), lap(position));
}

// How long the claim is that begins there: of all that name it, the winner's leads to the next boundary, and no
// shorter one does. Who has sent a batch says that it is its own, before there are marks inside. 0: none of them
// has it, so it was ended.
std::uint64_t message_ring_bytes::claimed_units(attachment& owner, std::uint64_t position) const {
  std::uint64_t least = 0;
  bool is_certain = false;
  for (auto& each : owner.map().used_lanes())
    for_each_name(each, [&](lane_name& name) {
      auto const held = read_name(name, tag_);
      if (!held || held->ticket != position || !fits(position, held->count)) return;
      if (held->op == lane_op::pushing) {
        least = held->count;
        is_certain = true;
      }
      if (is_certain) return;
      if ((least == 0 || held->count < least) && is_boundary(owner, position + held->count * record_unit))
        least = held->count;
    });
  return least;
}

bool message_ring_bytes::is_claimed_by_the_living(attachment& owner, stoa::claim const& what,
                                                  lane const& except) const {
  known_lives lives{owner};
  for (auto& each : owner.map().used_lanes()) {
    if (&each == &except) continue;
    bool is_named = false;
    for_each_name(each, [&](lane_name& name) {
      auto const held = read_name(name, tag_);
      is_named |= held && held->ticket == what.ticket && held->count == what.count;
    });
    if (!is_named) continue;
    if (lives.is_alive(each.owner.load(std::memory_order_acquire))) return true;  // lanes.cpp:R1
  }
  return false;
}

// True: nothing remains of it.
bool message_ring_bytes::settle_claim(attachment& owner, stoa::claim const& dead, lane const& where) const {
  auto const at = dead.ticket;
  if (!fits(at, 1)) return true;  // nothing that a message_ring writes
  // What is written there from now on makes the CAS below fail: the mark says so before the name is forgotten.
  auto before = mark(at).load(std::memory_order_acquire);  // acquires: before the look at tail and names
  if (!is_before_lap(before, lap(at))) return true;  // it was published or abandoned
  // A1: whoever took it had named it before (lanes.hpp I1), so the names seen below include his.
  if (!is_past(header_->tail.load(std::memory_order_acquire), at)) return true;
  auto const units = claimed_units(owner, at);
  if (units == 0) return true;
  if (is_claimed_by_the_living(owner, {dead.op, static_cast<std::uint32_t>(units), at}, where)) return false;
  // R1 -> message_ring_bytes.hpp:A1
  mark(at).compare_exchange_strong(before, make_mark(lap(at), record_state::padding, static_cast<std::uint32_t>(units)),
                                   std::memory_order_release, std::memory_order_relaxed);
  return true;
}

void message_ring_bytes::settle(attachment& owner) const {
  if (owner.was_inherited()) return;  // nobody can be asked: blocks and places of the living would be given away
  owner.settle_lanes(tag_, [&](lane& dead) {
    for_each_name(dead, [&](lane_name& name) {
      auto const held = read_name(name, tag_);
      if (held && settle_claim(owner, *held, dead)) forget(name);
    });
    wake(header_->receivers);
    wake(header_->producers);
  });
  free_blocks_of_the_dead(owner);
  if (options_.delivery == delivery::broadcast) return drop_dead_readers(owner);
  advance_head();
  // recall is a hint that a death can lose; the marks tell.
  if (header_->recall.load(std::memory_order_relaxed) != 0) return;
  auto const free = reclaim();
  if (find_orphan(owner, free, header_->head.load(std::memory_order_acquire))) {  // message_ring_bytes.hpp:A4 <- R4
    header_->recall.store(1, std::memory_order_release);
    wake(header_->receivers);
  }
}

}  // namespace stoa
