// Room in a broadcast message_ring: head goes past what may be overwritten, and free past what no reader looks at.
#include <algorithm>
#include <stoa/message_ring_bytes.hpp>

namespace stoa {

// Past what is published before `target`, at one go. False: others were at it.
bool message_ring_bytes::advance_head_towards(std::uint64_t target) const noexcept {
  auto& head = header_->head;
  auto const begin = head.load(std::memory_order_acquire);  // message_ring_bytes.hpp:A4 <- R4
  auto at = begin;
  auto sequence = turn(begin).load(std::memory_order_acquire);  // acquires: before head is looked at again
  for (auto left = capacity() / record_unit; left > 0 && is_past(target, at); --left) {
    auto const found = mark(at).load(std::memory_order_acquire);  // message_ring_bytes.hpp:A1 <- R1
    auto const units = units_of(at, found);
    if (units == 0) break;
    sequence += state_in(found) != record_state::padding;
    at += units * record_unit;
  }
  if (at == begin) return true;
  // Again if it fails: who stood still here for a lap, and was overtaken by a head that went past `at` at one go, sets
  // what was right in that lap. Turns only grow, so nobody who is that late changes what is right in this one.
  // acquire, all of these: turn before head, head before the CAS
  auto before = turn(at).load(std::memory_order_acquire);
  do {
    if (head.load(std::memory_order_acquire) != begin) return false;
  } while (before != sequence && !turn(at).compare_exchange_strong(before, sequence, std::memory_order_acquire,
                                                                   std::memory_order_acquire));
  auto expected = begin;
  return head.compare_exchange_strong(expected, at, std::memory_order_acq_rel, std::memory_order_relaxed);  // R4 -> A4
}

// The position of the reader that is farthest behind. nullopt: somebody is about to become one.
std::optional<std::uint64_t> message_ring_bytes::nearest_reader(std::uint64_t otherwise) const noexcept {
  auto nearest = otherwise;
  for (auto& each : std::span{places_, options_.max_readers}) {
    if (each.owner.load(std::memory_order_acquire) == 0) continue;  // A9 <- R9: he has read what he wanted
    if (each.is_set.load(std::memory_order_acquire) == 0) return std::nullopt;
    auto const position = each.position.load(std::memory_order_acquire);  // A3 <- message_reader.hpp:R3
    if (is_past(nearest, position)) nearest = position;
  }
  return nearest;
}

bool message_ring_bytes::make_room_in_broadcast(std::uint64_t position, std::uint64_t units) const {
  // A little more than what is asked for, so that not every send comes here.
  auto const target = position + (units + 1) * record_unit - capacity() + capacity() / 16;
  return give_up_before(target, [&] { return has_room_or_moved(position, units); });
}

// What all readers have read, or nobody waits for, of the records before `target`. Whether it is enough.
bool message_ring_bytes::give_up_before(std::uint64_t target, function_ref<bool()> is_enough) const {
  for (int attempt = 0; attempt < 16; ++attempt) {
    auto const limit = waits_for_readers() ? nearest_reader(target) : target;
    if (!limit) return false;
    bool const is_sole = advance_head_towards(*limit);
    auto const head = header_->head.load(std::memory_order_acquire);  // message_ring_bytes.hpp:A4 <- R4
    // Forbids, with the fence in take_place(): a reader chose a head from before this one, and is not seen here (I8).
    // So no later one is granted: others may have raised it, and not looked at the places yet.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    auto const granted = waits_for_readers() ? nearest_reader(head) : head;
    if (!granted) return false;
    auto free = header_->free.load(std::memory_order_acquire);  // message_ring_bytes.hpp:A5 <- R5
    while (is_past(*granted, free) &&
           !header_->free.compare_exchange_weak(free, *granted, std::memory_order_acq_rel,  // R5 -> A5
                                                std::memory_order_acquire)) {
    }
    if (is_enough()) return true;
    if (is_sole) return false;
  }
  return false;
}

void message_ring_bytes::drop_dead_readers(attachment& owner) const {
  for (auto& each : std::span{places_, options_.max_readers}) {
    auto by = each.owner.load(std::memory_order_acquire);  // acquires his last position
    if (by == 0 || owner.is_alive(by)) continue;
    // Ids are never used twice: one who is late frees nobody's place. releases, as R9
    if (each.owner.compare_exchange_strong(by, 0, std::memory_order_acq_rel, std::memory_order_relaxed))
      wake(header_->producers);
  }
}

reader_place* message_ring_bytes::take_place(attachment& owner, message_cursor& at) const {
  for (int attempt = 0; attempt < 2; ++attempt) {
    for (auto& each : std::span{places_, options_.max_readers}) {
      participant_id nobody = 0;
      // acquires what the last owner did (R9); what follows is ordered by the fence
      if (!each.owner.compare_exchange_strong(nobody, owner.self(), std::memory_order_acq_rel,
                                              std::memory_order_relaxed))
        continue;
      // From here on free does not move. What the last owner left counts as this one's: it was granted already, or
      // holds producers up for a moment.
      each.is_set.store(0, std::memory_order_release);  // releases the owner
      // Forbids, with the fence in make_room_in_broadcast(): free goes past the head that is read here (I8).
      std::atomic_thread_fence(std::memory_order_seq_cst);
      at = oldest();
      each.position.store(at.position, std::memory_order_release);
      each.is_set.store(1, std::memory_order_release);
      wake(header_->producers);
      return &each;
    }
    drop_dead_readers(owner);
  }
  return nullptr;
}

message_cursor message_ring_bytes::oldest() const noexcept {
  for (int attempt = 0;; ++attempt) {
    auto const head = header_->head.load(std::memory_order_acquire);    // message_ring_bytes.hpp:A4 <- R4
    auto const sequence = turn(head).load(std::memory_order_acquire);  // before the second look
    if (header_->head.load(std::memory_order_relaxed) == head || attempt == 1000) return {head, sequence};
  }
}

message_cursor message_ring_bytes::newest_after(message_cursor at) const noexcept {
  for (auto left = capacity() / record_unit; left > 0; --left) {
    auto const found = mark(at.position).load(std::memory_order_acquire);  // message_ring_bytes.hpp:A1 <- R1
    auto const units = units_of(at.position, found);
    if (units == 0) break;
    at.sequence += state_in(found) != record_state::padding;
    at.position += units * record_unit;
  }
  return at;
}

}  // namespace stoa
