// How a block of a message_ring comes to be free, and who gets it. Invariants: message_blocks.hpp.
#include <stoa/message_ring_bytes.hpp>

namespace stoa {

// --- which are free ---

// A block of a record that was claimed. Nobody reads it any more, or ever will: then free is past it, or its mark
// says so, out of order. (Of an earlier lap: it is not committed yet. Of a later one: free is past it.)
bool message_ring_bytes::is_over(std::uint64_t position) const noexcept {
  auto const found = mark(position).load(std::memory_order_acquire);  // message_ring_bytes.hpp:A3 <- R3
  if (is_of_lap(found, lap(position)) &&
      (state_in(found) == record_state::done || state_in(found) == record_state::padding))
    return true;
  return is_past(header_->free.load(std::memory_order_acquire), position);  // message_ring_bytes.hpp:A5 <- R5
}

// What no message_ring writes: a position that nobody has claimed. After an acquire of the word.
bool message_ring_bytes::is_damaged(block_word found) const noexcept {
  if (found == 0 || state_of_block(found) == block_state::being_filled) return false;
  return state_of_block(found) != block_state::of_record ||
         !is_past(header_->tail.load(std::memory_order_acquire), record_in(found));
}

bool message_ring_bytes::is_free(block_word found) const noexcept {
  if (found == 0) return true;
  return state_of_block(found) == block_state::of_record && !is_damaged(found) && is_over(record_in(found));
}

block_number message_ring_bytes::take_free_block(attachment& owner) const {
  auto const mine = make_block_word(short_owner_of(owner.self()));
  for (block_number each = 1; each <= blocks_.count(); ++each) {
    auto found = blocks_.word(each).load(std::memory_order_acquire);  // A1 <- message_blocks.hpp:R1, R2
    // releases: a reader that sees this word, and not what it was, sees head past its record as well.
    if (is_free(found) && blocks_.word(each).compare_exchange_strong(found, mine, std::memory_order_acq_rel,
                                                                     std::memory_order_relaxed))
      return each;
  }
  return 0;
}

// What they were filling when they died. Whether there was any.
bool message_ring_bytes::free_blocks_of_the_dead(attachment& owner) const {
  block_word known = make_block_word(short_owner_of(owner.self()));  // somebody alive is filling it
  bool is_any = false;
  for (block_number each = 1; each <= blocks_.count(); ++each) {
    auto found = blocks_.word(each).load(std::memory_order_acquire);  // A1 <- message_blocks.hpp:R1, R2
    if (found == known || state_of_block(found) != block_state::being_filled) continue;
    // The filler was read with acquire, so his place has at least his generation.
    if (is_alive(owner, filler_in(found))) {
      known = found;
      continue;
    }
    // R2 -> A1. By I2 no record refers to it, and the dead do not come back.
    is_any |=
        blocks_.word(each).compare_exchange_strong(found, 0, std::memory_order_acq_rel, std::memory_order_relaxed);
  }
  if (is_any) wake(header_->producers);
  return is_any;
}

// --- making one free ---

// The oldest record that has a block; in a group, of a message that nobody has taken.
std::optional<std::uint64_t> message_ring_bytes::oldest_with_block() const noexcept {
  std::optional<std::uint64_t> oldest;
  for (block_number each = 1; each <= blocks_.count(); ++each) {
    auto const found = blocks_.word(each).load(std::memory_order_acquire);  // A1 <- message_blocks.hpp:R1, R2
    if (state_of_block(found) != block_state::of_record || is_damaged(found)) continue;
    if (options_.delivery == delivery::group && !is_waiting(record_in(found))) continue;
    if (!oldest || is_past(*oldest, record_in(found))) oldest = record_in(found);
  }
  return oldest;
}

// In a group: a message that nobody has taken, or that was given back.
bool message_ring_bytes::is_waiting(std::uint64_t position) const noexcept {
  auto const found = mark(position).load(std::memory_order_acquire);  // message_ring_bytes.hpp:A1 <- R1, R6
  return units_of(position, found) != 0 &&
         (state_in(found) == record_state::committed || state_in(found) == record_state::returned);
}

// In a group: whether taking goes on to that record, and no claim is open before it.
bool message_ring_bytes::is_published_up_to(std::uint64_t position) const noexcept {
  auto at = header_->head.load(std::memory_order_acquire);  // message_ring_bytes.hpp:A4 <- R4
  for (auto left = capacity() / record_unit; left > 0 && is_past(position, at); --left) {
    auto const units = units_of(at, mark(at).load(std::memory_order_acquire));  // message_ring_bytes.hpp:A1 <- R1
    if (units == 0) return false;
    at += units * record_unit;
  }
  return true;
}

// By a message that may be dropped, with those before it, or that all readers have read. False: there is none, and
// nothing is dropped for a block that does not become free by that.
bool message_ring_bytes::make_room_in_blocks(attachment& owner) const {
  bool const drops = options_.delivery == delivery::group && options_.when_full == when_full::overwrite;
  if (options_.delivery == delivery::group && !drops) return false;
  auto const oldest = oldest_with_block();
  if (!oldest) return false;
  if (!drops)
    return give_up_before(*oldest + record_unit, [&] {
      return is_past(header_->free.load(std::memory_order_acquire), *oldest);  // message_ring_bytes.hpp:A5 <- R5
    });
  if (!is_published_up_to(*oldest)) return false;
  for (auto left = capacity() / record_unit; left > 0 && is_waiting(*oldest); --left) {
    call_back(*oldest);
    if (!drop_oldest(owner)) return false;
  }
  return true;
}

block_number message_ring_bytes::take_block(attachment& owner) const {
  if (auto const mine = take_free_block(owner)) return mine;
  if (free_blocks_of_the_dead(owner))
    if (auto const mine = take_free_block(owner)) return mine;
  for (auto left = capacity() / record_unit; left > 0 && make_room_in_blocks(owner); --left)
    if (auto const mine = take_free_block(owner)) return mine;
  for (block_number each = 1; each <= blocks_.count(); ++each)
    // A1 <- message_blocks.hpp:R1, R2
    if (auto const found = blocks_.word(each).load(std::memory_order_acquire); is_damaged(found))
      refuse_damaged_block(each, found);
  return 0;
}

// --- looking ---

std::byte const* message_ring_bytes::find_message(std::uint64_t position, std::uint32_t units,
                                                  std::uint32_t size) const noexcept {
  // relaxed: carried by the mark; where readers are overtaken, they look at head after it
  auto const block = label(position).block.load(std::memory_order_relaxed);
  if (block == 0) return units_for(size) == units ? message(position) : nullptr;
  if (block > blocks_.count() || units != 1 || !blocks_.hold(size)) return nullptr;
  auto const which = static_cast<block_number>(block);
  auto const word = blocks_.word(which).load(std::memory_order_relaxed);  // as above, by I2
  return word == make_block_word_of_record(position) ? blocks_.bytes(which) : nullptr;
}

std::uint64_t message_ring_bytes::count_blocks_in_use() const noexcept {
  std::uint64_t count = 0;
  for (block_number each = 1; each <= blocks_.count(); ++each)
    count += !is_free(blocks_.word(each).load(std::memory_order_acquire));  // A1 <- message_blocks.hpp:R1, R2
  return count;
}

}  // namespace stoa
