#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <stoa/message_ring_bytes.hpp>

namespace stoa {
namespace {

constexpr std::uint64_t least_capacity = 256;
constexpr std::uint64_t most_capacity = std::uint64_t{1} << 40;
constexpr std::uint64_t most_readers = 1024;

// Where the parts begin, from the start of the body.
struct parts {
  parts(std::uint64_t capacity, std::uint64_t readers, large_messages const& large) noexcept
      : marks{sizeof(message_ring_header) + readers * sizeof(reader_place)},
        turns{marks + align_up(capacity / record_unit * sizeof(atomic_u64), pad_bytes)},
        records{turns + (turns - marks)},
        blocks{records + capacity},
        end{blocks + message_blocks::bytes_for(large)} {}
  std::uint64_t marks;
  std::uint64_t turns;
  std::uint64_t records;
  std::uint64_t blocks;
  std::uint64_t end;
};

// Only who waits for readers must know where they are.
std::uint64_t readers_in(message_ring_options const& options) noexcept {
  bool const waits_for_readers =
      options.delivery == delivery::broadcast && options.when_full == when_full::wait;
  return waits_for_readers ? options.max_readers : 0;
}

bool is_possible(message_ring_options const& options) noexcept {
  return options.delivery <= delivery::broadcast && options.when_full <= when_full::overwrite &&
         options.timestamps <= message_time::precise && is_aligned(options.first_position, record_unit) &&
         readers_in(options) <= most_readers;
}

std::uint64_t largest_in(std::uint64_t capacity) noexcept {
  return std::min<std::uint64_t>(capacity / (2 * record_unit), most_units) * record_unit - sizeof(record_header);
}

// What is possible of a ring of that capacity.
bool is_possible(large_messages const& large, std::uint64_t capacity) noexcept {
  if (large.blocks == 0) return large.block_bytes == 0 && large.above == 0;
  return large.blocks <= most_message_blocks && large.block_bytes <= most_block_bytes &&
         is_aligned(large.block_bytes, pad_bytes) && large.above >= least_above && large.above < large.block_bytes &&
         large.above <= largest_in(capacity);
}

large_messages complete(large_messages large, std::uint64_t capacity) noexcept {
  if (large.blocks == 0) return large;
  large.block_bytes = align_up(std::min(large.block_bytes, most_block_bytes + 1), pad_bytes);
  if (large.above == 0)
    large.above = std::max(std::min({capacity / 8, large.block_bytes / 2, largest_in(capacity)}), least_above);
  return large;
}

}  // namespace

result<std::uint64_t> message_ring_bytes::bytes_for(message_ring_shape const& asked) {
  if (asked.capacity == 0) return failure{errc::invalid_argument, "message_ring of no bytes"};
  if (!is_possible(asked.options))
    return failure{errc::invalid_argument, "message_ring with options that do not exist"};
  if (asked.capacity > most_capacity) return cannot_hold("message_ring", asked.capacity, 1);
  auto const capacity = std::bit_ceil(std::max(asked.capacity, least_capacity));
  auto const large = complete(asked.options.large, capacity);
  if (!is_possible(large, capacity))
    return failure{errc::invalid_argument,
                   fmt::format("message_ring of {} bytes with {} blocks of {} bytes for messages above {}", capacity,
                               large.blocks, large.block_bytes, large.above)};
  return parts{capacity, readers_in(asked.options), large}.end;
}

void message_ring_bytes::format(std::span<std::byte> body, message_ring_shape const& asked) {
  auto* header = ::new (body.data()) message_ring_header{};
  auto const& options = asked.options;
  header->capacity = std::bit_ceil(std::max(asked.capacity, least_capacity));
  header->first_position = options.first_position;
  header->delivery = static_cast<std::uint32_t>(options.delivery);
  header->when_full = static_cast<std::uint32_t>(options.when_full);
  header->checksum = options.checksum ? 1 : 0;
  header->timestamps = static_cast<std::uint32_t>(options.timestamps);
  header->readers = readers_in(options);
  auto const large = complete(options.large, header->capacity);
  header->blocks = large.blocks;
  header->block_bytes = large.block_bytes;
  header->largest_in_record = large.above;
  // relaxed: nobody can reach these bytes before the name table publishes them
  for (auto* each : {&header->tail, &header->head, &header->free})
    each->store(options.first_position, std::memory_order_relaxed);
}

message_ring_bytes::message_ring_bytes(entry_view const& entry, message_ring_shape const& found) noexcept
    : header_{reinterpret_cast<message_ring_header*>(entry.body.data())},
      places_{reinterpret_cast<reader_place*>(entry.body.data() + sizeof(message_ring_header))},
      mask_{found.capacity - 1},
      lap_shift_{static_cast<unsigned>(std::bit_width(mask_))},
      most_units_{static_cast<std::uint32_t>(units_for(largest_in(found.capacity)))},
      options_{found.options},
      tag_{entry.tag()} {
  parts const at{found.capacity, found.options.max_readers, found.options.large};
  marks_ = reinterpret_cast<atomic_u64*>(entry.body.data() + at.marks);
  turns_ = reinterpret_cast<atomic_u64*>(entry.body.data() + at.turns);
  records_ = entry.body.data() + at.records;
  blocks_ = message_blocks{entry.body.data() + at.blocks, found.options.large};
}

result<message_ring_bytes> message_ring_bytes::adopt(entry_view const& entry) {
  if (entry.body.size() < sizeof(message_ring_header)) return damaged(entry, "its extent is too small for a header");
  message_ring_header header{};
  std::memcpy(static_cast<void*>(&header), entry.body.data(), offsetof(message_ring_header, pad));
  if (!std::has_single_bit(header.capacity) || header.capacity < least_capacity || header.capacity > most_capacity)
    return damaged(entry, fmt::format("a capacity of {} bytes", header.capacity));
  message_ring_shape found{header.capacity};
  found.options = {.checksum = header.checksum != 0,
                   .delivery = static_cast<delivery>(header.delivery),
                   .when_full = static_cast<when_full>(header.when_full),
                   .timestamps = static_cast<message_time>(header.timestamps),
                   .max_readers = static_cast<std::uint32_t>(header.readers),
                   .large = {.blocks = static_cast<std::uint32_t>(header.blocks),
                             .block_bytes = header.block_bytes,
                             .above = header.largest_in_record},
                   .first_position = header.first_position};
  if (header.checksum > 1 || header.readers > most_readers || !is_possible(found.options) ||
      readers_in(found.options) != header.readers)
    return damaged(entry, fmt::format("delivery {}, when_full {}, checksum {}, timestamps {}, {} readers, from {}",
                                      header.delivery, header.when_full, header.checksum, header.timestamps,
                                      header.readers, header.first_position));
  if (header.blocks > most_message_blocks || !is_possible(found.options.large, header.capacity))
    return damaged(entry, fmt::format("{} blocks of {} bytes for messages above {}", header.blocks, header.block_bytes,
                                      header.largest_in_record));
  if (parts{header.capacity, header.readers, found.options.large}.end > entry.body.size())
    return damaged(entry, fmt::format("a capacity of {} bytes and {} blocks of {} in an extent of {}", header.capacity,
                                      header.blocks, header.block_bytes, entry.body.size()));
  return message_ring_bytes{entry, found};
}

void message_ring_bytes::refuse_damage(std::uint64_t position) const {
  throw error{failure{errc::corrupt_structure,
                      fmt::format("message_ring: the mark at position {} says {:#x}", position,
                                  mark(position).load(std::memory_order_relaxed))}};
}

void message_ring_bytes::refuse_damaged_block(block_number which, block_word found) const {
  throw error{failure{errc::corrupt_structure,
                      fmt::format("message_ring: the word of block {} says {:#x}", which, found)}};
}

// --- head and free ---

void message_ring_bytes::pass(std::uint64_t position, record_mark found) const {
  auto& head = header_->head;
  auto const units = units_of(position, found);
  if (units == 0) {
    // Both acquire: head first. Where head still is, the mark is of this lap, so what was found is damaged.
    if (head.load(std::memory_order_acquire) != position) return;
    if (mark(position).load(std::memory_order_acquire) != found) return;
    refuse_damage(position);
  }
  auto const next = position + units * record_unit;
  // acquire, both: before the look at head. While head is here these are what they are to be, or what they were in an
  // earlier lap; turns only grow, so a late CAS finds another and does nothing.
  auto before = turn(next).load(std::memory_order_acquire);
  auto const is_message = state_in(found) != record_state::padding;
  auto const after = turn(position).load(std::memory_order_acquire) + is_message;
  if (head.load(std::memory_order_acquire) != position) return;  // A4 <- R4 (I5)
  if (before != after)
    turn(next).compare_exchange_strong(before, after, std::memory_order_relaxed, std::memory_order_relaxed);
  head.compare_exchange_strong(position, next, std::memory_order_release, std::memory_order_relaxed);  // R4 -> A4
}

// Past what is no message, or taken by somebody who has not come so far.
void message_ring_bytes::advance_head() const {
  for (std::uint64_t left = capacity() / record_unit; left > 0; --left) {
    auto const at = header_->head.load(std::memory_order_acquire);  // A4 <- R4
    auto const found = mark(at).load(std::memory_order_acquire);    // A1 <- R1
    if (!is_of_lap(found, lap(at)) || state_in(found) == record_state::committed) return;
    pass(at, found);
  }
}

// Gives back the space of what is done. Returns free.
std::uint64_t message_ring_bytes::reclaim() const noexcept {
  auto const end = header_->head.load(std::memory_order_acquire);  // A4 <- R4
  auto begin = header_->free.load(std::memory_order_acquire);      // A5 <- R5
  auto at = begin;
  for (std::uint64_t left = capacity() / record_unit; left > 0 && is_past(end, at); --left) {
    auto const found = mark(at).load(std::memory_order_acquire);  // A3 <- R3 (I3)
    auto const units = units_of(at, found);
    if (units == 0 || (state_in(found) != record_state::done && state_in(found) != record_state::padding)) break;
    at += units * record_unit;
  }
  if (at == begin) return begin;
  // R5 -> A5: what was read came before (I3). acq_rel: for the others, through whom it may go on.
  bool const is_ours =
      header_->free.compare_exchange_strong(begin, at, std::memory_order_acq_rel, std::memory_order_acquire);
  return is_ours ? at : begin;
}

bool message_ring_bytes::make_room(attachment& owner, std::uint64_t position, std::uint64_t units) const {
  if (options_.delivery == delivery::broadcast) return make_room_in_broadcast(position, units);
  reclaim();
  if (has_room(position, units)) return true;
  auto const is_enough = [&] {
    advance_head();  // padding makes room as well, before a message does
    reclaim();
    return has_room_or_moved(position, units);
  };
  for (auto left = capacity() / record_unit; left > 0; --left) {
    if (is_enough()) return true;
    bool const drops = options_.when_full == when_full::overwrite && !is_held_up(owner, position, units);
    if (!drops) return false;
    if (!drop_oldest(owner)) return is_enough();  // others have taken it meanwhile
  }
  return false;
}

// Whether somebody alive has taken a message, or claimed a record, that would have to make room as well: then no other
// one makes enough by being dropped.
bool message_ring_bytes::is_held_up(attachment& owner, std::uint64_t position, std::uint64_t units) const noexcept {
  auto const needed = position + (units + 1) * record_unit - capacity();  // free must get there (I7)
  auto const begin = header_->free.load(std::memory_order_acquire);       // A5 <- R5
  auto at = begin;
  for (auto left = capacity() / record_unit; left > 0 && is_past(needed, at); --left) {
    auto const found = mark(at).load(std::memory_order_acquire);  // A3 <- R3
    auto const length = units_of(at, found);
    // An open claim; or others have given room back meanwhile.
    if (length == 0) return header_->free.load(std::memory_order_acquire) == begin;  // A5 <- R5
    if (state_in(found) == record_state::returned) call_back(at);
    // relaxed: a hint, that some message is a dead one's. Without it nobody would take that one now.
    if (state_in(found) == record_state::taken &&
        (header_->recall.load(std::memory_order_relaxed) == 0 || is_alive(owner, taker_in(found))))
      return true;
    at += length * record_unit;
  }
  return false;
}

// So that the next to take takes a message that was given back, also if who did that stands still before R7. Does
// nothing if head is not past it.
void message_ring_bytes::call_back(std::uint64_t position) const noexcept {
  if (is_past(header_->head.load(std::memory_order_acquire), position))  // A4 <- R4
    header_->recall.store(1, std::memory_order_release);                 // R7 -> message_ring_recovery.cpp:A7
}

bool message_ring_bytes::drop_oldest(attachment& owner) const {
  auto const oldest = take(owner);
  if (!oldest) return false;
  release(oldest);
  header_->lost.fetch_add(1, std::memory_order_relaxed);  // a statistic
  return true;
}

// --- looking ---

message_ring_statistics message_ring_bytes::statistics() const noexcept {
  auto const look = [](atomic_u64 const& counter) { return counter.load(std::memory_order_relaxed); };
  auto const free = header_->free.load(std::memory_order_acquire);  // acquires: before tail, not behind it
  auto const used = std::min(look(header_->tail) - free, capacity());
  auto const head = header_->head.load(std::memory_order_acquire);  // A4 <- R4
  return {look(turn(head)),       used,
          look(header_->lost),    look(header_->corrupt),
          look(header_->send_refusals), look(header_->receive_refusals),
          count_blocks_in_use()};
}

bool message_ring_bytes::has_arrivals() const noexcept {
  // relaxed: a hint, as in take()
  return header_->recall.load(std::memory_order_relaxed) != 0 ||
         has_arrived(header_->head.load(std::memory_order_acquire));  // A4 <- R4
}

bool message_ring_bytes::has_arrived(std::uint64_t position) const noexcept {
  return is_of_lap(mark(position).load(std::memory_order_acquire), lap(position)) ||  // A1 <- R1
         is_past(header_->head.load(std::memory_order_acquire), position);            // A4 <- R4
}

std::uint64_t message_ring_bytes::count_waiting() const noexcept {
  std::uint64_t count = 0;
  auto at = header_->head.load(std::memory_order_acquire);  // A4 <- R4
  for (auto left = capacity() / record_unit; left > 0; --left) {
    auto const found = mark(at).load(std::memory_order_acquire);  // A1 <- R1
    auto const units = units_of(at, found);
    if (units == 0) break;
    count += state_in(found) == record_state::committed;
    at += units * record_unit;
  }
  return count;
}

}  // namespace stoa
