// stoa/message_record.hpp: the records of a message_ring: what stands before a message, and its mark.
//
// A record begins at a multiple of record_unit and is never cut in two by the ring's end. Whether it is there at all
// is told by a mark, a word in a table of its own with one word per unit: message bytes are anything, and must
// never be taken for a mark.
//
//   mark: bits 0-2 state | 3-26 length in units | 27-63 lap: position / capacity
//         taken:           | 3-26 length in units | 27-50 who has it | 51-63 lap
//
// A mark means something for one lap only; 2^37 laps later it would mean it again. Of a taken record less of the lap
// is enough: its mark changes before its space is used again, so a look at it is never that late, unless the looker
// was.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <stoa/base/atomic.hpp>
#include <stoa/base/layout.hpp>
#include <stoa/short_owner.hpp>

namespace stoa {

// A record begins with a cache line of its own, so that who writes one does not disturb who reads the one before.
inline constexpr std::uint64_t record_unit = 64;

enum class record_state : std::uint64_t {
  none = 0,       // of no lap
  committed = 1,  // a message that nobody has taken yet
  padding = 2,    // nothing: aborted, of a dead producer, or to fill the end of the ring
  taken = 3,      // by a consumer, named in the mark
  returned = 4,   // taken and given back: for the next consumer
  done = 5,       // read, and not needed any more
};

using record_mark = std::uint64_t;
inline constexpr unsigned mark_units_shift = 3;
inline constexpr unsigned mark_lap_shift = 27;
inline constexpr unsigned mark_taken_lap_shift = mark_lap_shift + short_owner_bits;
inline constexpr std::uint32_t most_units = (1u << (mark_lap_shift - mark_units_shift)) - 1;

// Not of a taken record.
constexpr record_mark make_mark(std::uint64_t lap, record_state state, std::uint32_t units) noexcept {
  return lap << mark_lap_shift | std::uint64_t{units} << mark_units_shift | static_cast<std::uint64_t>(state);
}
constexpr record_mark make_taken_mark(std::uint64_t lap, short_owner owner, std::uint32_t units) noexcept {
  return lap << mark_taken_lap_shift | std::uint64_t{owner} << mark_lap_shift |
         std::uint64_t{units} << mark_units_shift | static_cast<std::uint64_t>(record_state::taken);
}
constexpr record_state state_in(record_mark mark) noexcept {
  return static_cast<record_state>(mark & ((1u << mark_units_shift) - 1));
}
constexpr std::uint32_t units_in(record_mark mark) noexcept {
  return static_cast<std::uint32_t>(mark >> mark_units_shift) & most_units;
}
// Of a taken record.
constexpr short_owner taker_in(record_mark mark) noexcept {
  return static_cast<short_owner>(mark >> mark_lap_shift) & ((1u << short_owner_bits) - 1);
}
constexpr bool is_of_lap(record_mark mark, std::uint64_t lap) noexcept {
  if (state_in(mark) == record_state::taken) return (mark ^ lap << mark_taken_lap_shift) >> mark_taken_lap_shift == 0;
  return state_in(mark) != record_state::none && (mark ^ lap << mark_lap_shift) >> mark_lap_shift == 0;
}
// Whether nothing was written there since an earlier lap: then the record of this lap is not there yet.
constexpr bool is_before_lap(record_mark mark, std::uint64_t lap) noexcept {
  if (state_in(mark) == record_state::taken) return false;  // of this lap: else it would be done
  return state_in(mark) == record_state::none ||
         static_cast<std::int64_t>((mark & ~((std::uint64_t{1} << mark_lap_shift) - 1)) - (lap << mark_lap_shift)) < 0;
}

// Words, because a reader may look while the bytes are overwritten.
struct record_header {    // offset size
  atomic_u64 size_type;   //      0    8  bytes of the message | type << 32
  atomic_u64 timestamp;   //      8    8  nanoseconds since 1970, 0 none
  atomic_u64 checksum;    //     16    8  CRC32C of the first 16 bytes and of the message, 0 none
  atomic_u64 block;       //     24    8  in which the message is; 0: it follows
};
static_assert(sizeof(record_header) == 32);

constexpr std::uint64_t units_for(std::uint64_t message_bytes) noexcept {
  return (sizeof(record_header) + message_bytes + record_unit - 1) / record_unit;
}
// Of a message.
struct message_label {
  std::uint32_t size = 0;
  std::uint32_t type = 0;
};
constexpr std::uint64_t make_size_type(message_label label) noexcept {
  return label.size | std::uint64_t{label.type} << 32;
}
constexpr message_label label_of(std::uint64_t size_type) noexcept {
  return {static_cast<std::uint32_t>(size_type), static_cast<std::uint32_t>(size_type >> 32)};
}

// Where a reader is: the next record, and how many messages are before it.
struct message_cursor {
  std::uint64_t position = 0;
  std::uint64_t sequence = 0;
};

// A record that its holder may use: one that was claimed to be written, or taken to be read.
struct held_record {
  std::uint64_t position = 0;
  std::uint64_t sequence = 0;  // messages before it; only of one that was taken
  std::uint32_t units = 0;     // 0: none
  std::uint32_t block = 0;     // in which its message is to be; 0: in the record
  explicit operator bool() const noexcept { return units != 0; }
  std::uint64_t end() const noexcept { return position + units * record_unit; }
};

}  // namespace stoa
