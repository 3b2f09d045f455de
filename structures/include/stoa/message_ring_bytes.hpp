// stoa/message_ring_bytes.hpp: the algorithm of message_ring: claiming, publishing, taking and reclaiming records.
//
// Bytes     docs/format.md "message_ring", layout 1: message_ring_header, places of readers, marks, turns, records.
//
// position  free-running 64-bit count of bytes; its place is position & mask
// tail      where the next record is claimed; every value it ever had is a boundary of records
// head      what is before it was taken, or is no message; in a broadcast ring: may be overwritten
// free      space before it is given out again; not past head
// mark      what a record is, for one lap (message_record.hpp)
// turn      of the place of a boundary: messages before it. Valid where head is, and of records that are held
//
//   (earlier lap) --name, CAS tail--> written --R1--> committed --CAS--> taken --R3--> done --> free passes
//                         | aborted, or died            ^ (of who?)       | aborted          ^
//                         +--------> padding            |                 +--> returned      |
//                                       |               +-- its mark says --+     | CAS      |
//                                       | head passes                     taken again ------+
//                                       +---------------------------------------------> free passes
//
// I1 owner      only who claimed a record writes it, until its mark is of this lap; only whom its mark names may
//               release it
// I2 publish    a message is whole before its mark says committed                     R1 -> A1
// I3 reclaim    free passes what is done, or padding behind head, and is published after that: nobody writes over
//               what is still read                                                    R3 -> A3, R5 -> A5
// I4 named      who claims a record has named position and length in his lane before; the CAS releases. If he died,
//               the record is a padding of the length that leads to the next boundary   message_ring_recovery.cpp
// I5 counted    turn of the next boundary is set before head gets there; all who set it write the same number  R4 -> A4
// I6 one heir   one CAS on the mark takes a message, also one that was given back or whose taker is dead
// I7 a gap      a unit before free + capacity is never claimed: so the turn of the boundary at tail is not that of a
//               record which is still held
// I8 gated      a reader's place says from where on nothing may be overwritten. Who makes room raises head, then
//               looks at the places, then raises free; who comes as a reader takes a place, then reads head: the
//               fences between forbid that neither sees the other                     message_ring_readers.cpp
// I9 announced  where nobody waits for readers, head is past a record before a byte of it is overwritten; a reader
//               copies, then looks at head                                            R8 -> A8
// I10 blocks    what is too large for a record lies in a block that its record refers to; the block is free when the
//               record is done, padding, or before free                               message_blocks.hpp
// I11 in the way  who makes room at tail looks before each message that he drops whether tail is still there: what a
//               position that free has passed says of the room there is means nothing
//
// Progress  A claim whose owner is stopped holds back what comes behind it, as order demands; one whose owner is
//           dead does not. A stopped consumer holds its own record, and producers when they come to it.
#pragma once
#include <array>
#include <cstddef>
#include <cstring>
#include <optional>
#include <span>
#include <stoa/kinds.hpp>
#include <stoa/lanes.hpp>
#include <stoa/message_blocks.hpp>
#include <stoa/message_record.hpp>
#include <stoa/queue_slot.hpp>
#include <stoa/structure.hpp>
#include <stoa/waiting.hpp>
#include <utility>

namespace stoa {

enum class delivery : std::uint32_t {
  group = 0,      // each message to one of the consumers
  broadcast = 1,  // each message to each reader
};
enum class when_full : std::uint32_t {
  wait = 0,       // a send is refused or waits, by the call that is made
  overwrite = 1,  // the oldest messages that nobody holds make room
};
enum class message_time : std::uint32_t {
  none = 0,
  coarse = 1,   // of the kernel's last tick: 1 to 4 ms old
  precise = 2,  // of the call; some 20 ns each
};

struct message_ring_options {
  bool checksum = false;  // a CRC32C with every message, verified when it is received
  stoa::delivery delivery = stoa::delivery::group;
  stoa::when_full when_full = stoa::when_full::wait;
  message_time timestamps = message_time::coarse;
  std::uint32_t max_readers = 16;  // of a broadcast ring that waits for its readers
  large_messages large{};          // blocks for those that are too large for the ring
  // Positions that start elsewhere than at 0: for those who test what happens when they wrap.
  std::uint64_t first_position = 0;
};

struct message_ring_shape {
  template <std::integral N>
  explicit message_ring_shape(N bytes, message_ring_options const& with = {})
      : capacity{to_count(bytes)}, options{with} {}
  std::uint64_t capacity;  // bytes, rounded up to a power of two
  message_ring_options options;
};

struct message_ring_header {                   // offset size
  std::uint64_t capacity;                      //      0    8  bytes: a power of two
  std::uint64_t first_position;                //      8    8  where tail, head and free started
  std::uint32_t delivery;                      //     16    4
  std::uint32_t when_full;                     //     20    4
  std::uint32_t checksum;                      //     24    4  0 none, 1 CRC32C
  std::uint32_t timestamps;                    //     28    4
  std::uint64_t readers;                       //     32    8  places for readers
  std::uint64_t blocks;                        //     40    8  for large messages
  std::uint64_t block_bytes;                   //     48    8  a multiple of 128; 0 if there are none
  std::uint64_t largest_in_record;             //     56    8  larger messages lie in blocks; 0 if there are none
  std::array<std::byte, 64> pad;               //     64   64
  alignas(pad_bytes) atomic_u64 tail;          //    128    8
  alignas(pad_bytes) atomic_u64 head;          //    256    8
  atomic_u64 recall;                           //    264    8  not 0: some message was given back
  alignas(pad_bytes) atomic_u64 free;          //    384    8
  alignas(pad_bytes) wait_flag receivers;      //    512    4  sleeping for a message
  wait_flag producers;                         //    516    4  sleeping for room
  alignas(pad_bytes) atomic_u64 send_refusals; //    640    8
  atomic_u64 lost;                             //    648    8  overwritten before anyone had taken them
  alignas(pad_bytes) atomic_u64 receive_refusals;  // 768   8
  atomic_u64 corrupt;                          //    776    8  messages that were found damaged
};
static_assert(offsetof(message_ring_header, readers) == 32);
static_assert(offsetof(message_ring_header, largest_in_record) == 56);
static_assert(offsetof(message_ring_header, tail) == 128);
static_assert(offsetof(message_ring_header, recall) == 264);
static_assert(offsetof(message_ring_header, free) == 384);
static_assert(offsetof(message_ring_header, receivers) == 512);
static_assert(offsetof(message_ring_header, send_refusals) == 640);
static_assert(offsetof(message_ring_header, receive_refusals) == 768);
static_assert(sizeof(message_ring_header) == 896);

// The cursor of one reader that producers wait for.
struct alignas(pad_bytes) reader_place {  // offset size
  atomic_u64 owner;                       //      0    8  participant_id; 0 free
  atomic_u64 position;                    //      8    8  nothing from here on may be overwritten
  atomic_u64 is_set;                      //     16    8  0: the owner is about to choose its position
};
static_assert(sizeof(reader_place) == pad_bytes);

struct message_ring_statistics {
  std::uint64_t received = 0;          // messages that head has passed: taken, or overwritten
  std::uint64_t used_bytes = 0;        // claimed and not given back, headers and padding included
  std::uint64_t lost = 0;              // of the received: overwritten before anyone had taken them
  std::uint64_t corrupt = 0;           // messages that were found damaged
  std::uint64_t send_refusals = 0;     // calls that found no room
  std::uint64_t receive_refusals = 0;  // calls that found nothing
  std::uint64_t blocks_used = 0;       // being filled, or of messages that somebody may need
};

// Bounds were checked at adopt and copied; nothing they depend on is read again.
class message_ring_bytes {
 public:
  static result<std::uint64_t> bytes_for(message_ring_shape const& asked);
  static void format(std::span<std::byte> body, message_ring_shape const& asked);
  static result<message_ring_bytes> adopt(entry_view const& entry);

  message_ring_header& header() const noexcept { return *header_; }
  std::uint64_t capacity() const noexcept { return mask_ + 1; }
  message_ring_options const& options() const noexcept { return options_; }
  // A message's largest size: half of the ring, less a header, so that it fits into an empty ring wherever
  // that begins; or a block.
  std::uint64_t largest_message() const noexcept { return std::max(largest_in_ring(), blocks_.block_bytes()); }
  std::uint64_t largest_in_record() const noexcept {
    return blocks_.count() == 0 ? largest_in_ring() : options_.large.above;
  }
  std::uint64_t largest_in_ring() const noexcept { return most_units_ * record_unit - sizeof(record_header); }
  message_blocks const& blocks() const noexcept { return blocks_; }
  std::uint32_t most_record_units() const noexcept { return most_units_; }
  // Whether readers may look at a message that is being overwritten: then its bytes are moved as words.
  bool is_read_while_written() const noexcept {
    return options_.delivery == delivery::broadcast && options_.when_full == when_full::overwrite;
  }
  lane_tag tag() const noexcept { return tag_; }

  std::uint64_t lap(std::uint64_t position) const noexcept { return position >> lap_shift_; }
  atomic_u64& mark(std::uint64_t position) const noexcept { return marks_[(position & mask_) / record_unit]; }
  atomic_u64& turn(std::uint64_t position) const noexcept { return turns_[(position & mask_) / record_unit]; }
  record_header& label(std::uint64_t position) const noexcept {
    return *reinterpret_cast<record_header*>(records_ + (position & mask_ & ~(record_unit - 1)));
  }
  std::byte* message(std::uint64_t position) const noexcept {
    return reinterpret_cast<std::byte*>(&label(position) + 1);
  }
  // Where the message of a record is that the caller claimed.
  std::byte* message(held_record const& mine) const noexcept {
    return mine.block == 0 ? message(mine.position) : blocks_.bytes(mine.block);
  }
  // Where the message of a received record is. nullptr: what the record says cannot be.
  std::byte const* find_message(std::uint64_t position, std::uint32_t units, std::uint32_t size) const noexcept;
  // Requires: index < options().max_readers, of a ring that waits for readers.
  reader_place const& place(std::uint64_t index) const noexcept { return places_[index]; }
  // Whether a record of that length may be there: what a mark says is input.
  bool fits(std::uint64_t position, std::uint64_t units) const noexcept {
    return units != 0 && units <= most_units_ && (position & (record_unit - 1)) == 0 &&
           (position & mask_) + units * record_unit <= capacity();
  }

  // --- producers ---

  // Names in `name` and claims a record. None: there is no room. What ends it is commit() or abandon().
  held_record claim(attachment& owner, lane_name& name, std::uint32_t units) const;
  // The message is whole. Point of effect. The name is for the caller to forget.
  void commit(held_record const& mine) const noexcept {
    set_mark(mine, record_state::committed);  // R1 -> A1 (I2)
  }
  void abandon(held_record const& mine) const noexcept { set_mark(mine, record_state::padding); }
  // Whether a claim of that length would not be refused just now. Makes room as claim() does.
  bool can_claim(attachment& owner, std::uint32_t units) const {
    auto const at = header_->tail.load(std::memory_order_relaxed);  // a guess
    return has_room(at, units) || make_room(owner, at, units);
  }
  // About the most that a claim may ask for just now.
  std::uint64_t free_units() const noexcept {
    // relaxed, both: a guess
    auto const used = header_->tail.load(std::memory_order_relaxed) - header_->free.load(std::memory_order_relaxed);
    return used < capacity() ? (capacity() - used) / record_unit - 1 : 0;  // I7
  }
  // A block to be filled (message_ring_blocks.cpp). 0: none is free. Throws corrupt_structure.
  block_number take_block(attachment& owner) const;

  // --- consumers of a group ---

  // The oldest message there is: one that was given back, or the next. None: there is none, or the next is not
  // yet published. Throws corrupt_structure.
  held_record take(attachment& owner) const;
  // Nobody needs it any more. Point of effect.
  void release(held_record const& mine) const noexcept {
    set_mark(mine, record_state::done);  // R3 -> A3 (I3)
  }
  // For the next consumer.
  void give_back(held_record const& mine) const noexcept {
    set_mark(mine, record_state::returned);  // R6 -> A1: with the name of who had it gone
    // R7 -> message_ring_recovery.cpp:A7: after the mark, so that who sees the recall finds it
    header_->recall.store(1, std::memory_order_release);
  }

  // --- readers of a broadcast ring (message_ring_readers.cpp) ---

  bool waits_for_readers() const noexcept {
    return options_.delivery == delivery::broadcast && options_.when_full == when_full::wait;
  }
  // Takes a place, from which on nothing is overwritten: a cursor at head. nullptr: all are taken.
  reader_place* take_place(attachment& owner, message_cursor& at) const;
  static void let_go(reader_place& mine) noexcept { mine.owner.store(0, std::memory_order_release); }  // R9 -> A9
  // Where head is, and how many messages are before it.
  message_cursor oldest() const noexcept;
  // Behind all that is published from there on.
  message_cursor newest_after(message_cursor at) const noexcept;

  // --- off the fast path ---

  // Settles what dead threads claimed and did not publish, and sees to it that what dead consumers had taken is
  // taken again. Repeating it, or dying in it, does no harm. Nothing in a forked child.
  void settle(attachment& owner) const;
  // Whether a message is what its checksum says, with the header that stands before it.
  bool is_intact(std::uint64_t position, std::span<std::byte const> copy) const noexcept;
  std::uint64_t count_waiting() const noexcept;
  // Whether something is published at head, or was given back. Racy.
  bool has_arrivals() const noexcept;
  // Whether something is published at a position, or was. Racy.
  bool has_arrived(std::uint64_t position) const noexcept;
  std::uint64_t count_blocks_in_use() const noexcept;
  message_ring_statistics statistics() const noexcept;
  [[noreturn]] void refuse_damage(std::uint64_t position) const;

 private:
  message_ring_bytes(entry_view const& entry, message_ring_shape const& found) noexcept;

  void set_mark(held_record const& mine, record_state state) const noexcept {
    auto const next = make_mark(lap(mine.position), state, mine.units);
    mark(mine.position).store(next, std::memory_order_release);  // R1, R3, R6: as its callers say
  }
  // What a mark says, if it says it of this position; 0: it does not, or is damaged.
  std::uint32_t units_of(std::uint64_t position, record_mark found) const noexcept {
    auto const units = units_in(found);
    return is_of_lap(found, lap(position)) && fits(position, units) ? units : 0;
  }
  bool has_room(std::uint64_t position, std::uint64_t units) const noexcept {
    auto const used = position - header_->free.load(std::memory_order_acquire);  // A5 <- R5 (I3)
    return used <= capacity() && (units + 1) * record_unit <= capacity() - used;  // I7
  }
  // Whether who makes room there is to look anew (I11).
  bool has_room_or_moved(std::uint64_t position, std::uint64_t units) const noexcept {
    // relaxed: who sees free past a position sees tail past it as well (A5 <- R5); else the CAS on tail decides
    return has_room(position, units) || header_->tail.load(std::memory_order_relaxed) != position;
  }
  // Helps head over a record that is taken, or is no message.
  void pass(std::uint64_t position, record_mark found) const;
  void advance_head() const;
  std::uint64_t reclaim() const noexcept;
  // Room for a claim where tail was. True: there is some, or tail has moved.
  bool make_room(attachment& owner, std::uint64_t position, std::uint64_t units) const;
  bool is_held_up(attachment& owner, std::uint64_t position, std::uint64_t units) const noexcept;
  void call_back(std::uint64_t position) const noexcept;
  bool drop_oldest(attachment& owner) const;
  bool make_room_in_broadcast(std::uint64_t position, std::uint64_t units) const;
  bool give_up_before(std::uint64_t target, function_ref<bool()> is_enough) const;
  bool advance_head_towards(std::uint64_t target) const noexcept;
  std::optional<std::uint64_t> nearest_reader(std::uint64_t otherwise) const noexcept;
  void drop_dead_readers(attachment& owner) const;
  std::optional<std::uint64_t> find_orphan(attachment& owner, std::uint64_t from, std::uint64_t end) const;
  held_record take_back(attachment& owner) const;
  bool is_over(std::uint64_t position) const noexcept;
  bool is_damaged(block_word found) const noexcept;
  bool is_free(block_word found) const noexcept;
  block_number take_free_block(attachment& owner) const;
  bool free_blocks_of_the_dead(attachment& owner) const;
  std::optional<std::uint64_t> oldest_with_block() const noexcept;
  bool is_waiting(std::uint64_t position) const noexcept;
  bool is_published_up_to(std::uint64_t position) const noexcept;
  bool make_room_in_blocks(attachment& owner) const;
  [[noreturn]] void refuse_damaged_block(block_number which, block_word found) const;
  bool is_boundary(attachment& owner, std::uint64_t position) const;
  std::uint64_t claimed_units(attachment& owner, std::uint64_t position) const;
  bool is_claimed_by_the_living(attachment& owner, stoa::claim const& what, lane const& except) const;
  bool settle_claim(attachment& owner, stoa::claim const& dead, lane const& where) const;

  message_ring_header* header_;
  reader_place* places_;
  atomic_u64* marks_;
  atomic_u64* turns_;
  std::byte* records_;
  message_blocks blocks_;
  std::uint64_t mask_;
  unsigned lap_shift_;
  std::uint32_t most_units_;
  message_ring_options options_;
  lane_tag tag_;
};

kind_operations const& message_ring_operations();

[[gnu::always_inline]] inline held_record message_ring_bytes::claim(attachment& owner, lane_name& name,
                                                                    std::uint32_t units) const {
  auto& tail = header_->tail;
  auto at = tail.load(std::memory_order_relaxed);  // a guess; the CAS decides
  std::uint32_t named = 0;
  for (;;) {
    if ((at & (record_unit - 1)) != 0) [[unlikely]] {
      if (named != 0) forget(name);
      refuse_damage(at);
    }
    auto const to_end = (capacity() - (at & mask_)) / record_unit;
    auto const fill = units > to_end ? static_cast<std::uint32_t>(to_end) : 0;
    if (!has_room(at, fill + units)) [[unlikely]] {
      auto const moved = tail.load(std::memory_order_relaxed);
      if (moved == at) {
        if (std::exchange(named, 0) != 0) forget(name);  // first: what makes room throws where bytes are damaged
        if (!make_room(owner, at, fill + units)) return {};
      }
      at = moved;
      continue;
    }
    auto const count = fill != 0 ? fill : units;
    if (named == count) {
      rename(name, at);
    } else {
      if (named != 0) forget(name);  // not both words can change at once
      write_name(name, make_what(tag_, lane_op::push, count), at);
      named = count;
    }
    auto found = at;
    // release: the name comes first (I4)
    if (!tail.compare_exchange_weak(found, at + count * record_unit, std::memory_order_release,
                                    std::memory_order_relaxed)) {
      at = found;
      continue;
    }
    if (fill == 0) [[likely]] return {at, 0, units};
    abandon({at, 0, fill});
    forget(name);
    named = 0;
    at += fill * record_unit;
  }
}

[[gnu::always_inline]] inline held_record message_ring_bytes::take(attachment& owner) const {
  // relaxed: a hint on a line that is needed anyway; take_back() looks for itself
  if (header_->recall.load(std::memory_order_relaxed) != 0) [[unlikely]]
    if (auto const old = take_back(owner)) return old;
  for (;;) {
    auto const at = header_->head.load(std::memory_order_acquire);  // A4 <- R4 (I5)
    auto found = mark(at).load(std::memory_order_acquire);          // A1 <- R1 (I2)
    if (!is_of_lap(found, lap(at))) [[unlikely]] {
      if (header_->head.load(std::memory_order_relaxed) == at) return {};  // not there yet
      continue;
    }
    if (state_in(found) != record_state::committed) [[unlikely]] {
      pass(at, found);
      continue;
    }
    held_record const got{at, turn(at).load(std::memory_order_relaxed), units_in(found)};
    if (!fits(at, got.units)) [[unlikely]] refuse_damage(at);
    auto const mine = make_taken_mark(lap(at), short_owner_of(owner.self()), got.units);
    // acquire: A1, once more. Not a release: who is asked about this owner asks the kernel (short_owner.hpp).
    if (!mark(at).compare_exchange_strong(found, mine, std::memory_order_acquire, std::memory_order_relaxed)) continue;
    // What others set meanwhile is the same; and as long as this record is held, it is the turn of no later lap (I7).
    turn(got.end()).store(got.sequence + 1, std::memory_order_relaxed);
    auto expected = at;
    header_->head.compare_exchange_strong(expected, got.end(), std::memory_order_release,  // R4 -> A4 (I5)
                                          std::memory_order_relaxed);
    return got;
  }
}

}  // namespace stoa
