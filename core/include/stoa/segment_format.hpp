// stoa/segment_format.hpp: every byte of a segment outside its structures (docs/format.md).
//
//   page 0        segment_header
//   participants  one participant_record per place; who holds place i is told by a kernel lock
//   attachments   one row of bits per place: which entries that participant has attached
//   lanes         one lane per thread: what it is about to take, so that its death can be repaired
//   name words    one 64-bit word per name slot: hash, generation, state
//   entries       one entry_record per name slot, valid as the name word says
//   extents       the structures
//
// All offsets follow from the limits in the header, so an opener computes them and compares.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stoa/base/atomic.hpp>
#include <stoa/base/layout.hpp>
#include <type_traits>

namespace stoa {

inline constexpr std::array<char, 8> segment_magic{'s', 't', 'o', 'a', 's', 'e', 'g', '\0'};
inline constexpr std::uint32_t segment_version = 1;
inline constexpr std::uint32_t segment_byte_order = 0x01020304;
inline constexpr std::size_t name_capacity = 64;  // with its terminating zero

struct segment_header {               // offset size
  std::array<char, 8> magic;          //      0    8
  std::uint32_t version;              //      8    4
  std::uint32_t byte_order;           //     12    4  0x01020304 as the creator wrote it
  std::uint32_t header_bytes;         //     16    4  sizeof(segment_header)
  std::uint32_t features;             //     20    4  bits an opener must know; none yet
  std::uint64_t total_bytes;          //     24    8  of the file
  std::uint32_t max_entries;          //     32    4
  std::uint32_t max_participants;     //     36    4
  std::uint32_t max_lanes;            //     40    4
  std::uint32_t name_slots;           //     44    4  power of two
  std::uint64_t participants_offset;  //     48    8
  std::uint64_t attachments_offset;   //     56    8
  std::uint64_t lanes_offset;         //     64    8
  std::uint64_t name_words_offset;    //     72    8
  std::uint64_t entries_offset;       //     80    8
  std::uint64_t extents_offset;       //     88    8
  std::uint32_t lifetime;             //     96    4  0 reference counted, 1 persistent
  std::uint32_t creator_pid;          //    100    4
  std::uint64_t created_ns;           //    104    8  since 1970
  std::uint64_t segment_id;           //    112    8  random
  std::uint64_t checksum;             //    120    8  XXH64 of the 120 bytes before it
  // Up to here nothing changes after creation.
  alignas(pad_bytes) atomic_u64 bump;  //    128    8  where extents were never handed out from here on
  atomic_u64 lanes_used;               //    136    8  lanes from this index on were never taken
};
static_assert(offsetof(segment_header, checksum) == 120);
static_assert(offsetof(segment_header, bump) == 128);
static_assert(offsetof(segment_header, lanes_used) == 136);
static_assert(sizeof(segment_header) == 256);
static_assert(std::is_standard_layout_v<segment_header>);

// {generation : 48 | place + 1 : 16}: one life of one attached process. Never used twice; 0 is nobody.
using participant_id = std::uint64_t;
inline constexpr std::uint32_t no_place = 0xFFFF;
// Owner of a lane whose thread is dead and whose names wait for somebody to settle them.
inline constexpr participant_id abandoned_owner = 0xFFFF;

constexpr participant_id make_participant_id(std::uint64_t generation, std::uint32_t place) noexcept {
  return generation << 16 | (place + 1);
}
constexpr std::uint32_t place_of(participant_id id) noexcept {
  return static_cast<std::uint32_t>((id & 0xFFFF) - 1);
}
constexpr std::uint64_t generation_of(participant_id id) noexcept { return id >> 16; }

struct participant_record {          // offset size
  atomic_u64 generation;             //      0    8  counts the lives of this place
  atomic_u64 pid;                    //      8    8  0: left in order; in the pid namespace of that process
  atomic_u64 start_time;             //     16    8  clock ticks after boot
  atomic_u64 attached_ns;            //     24    8  since 1970
  std::array<atomic_u64, 4> name;    //     32   32  its command, zero padded
  std::array<std::byte, 64> unused;  //     64   64
};
static_assert(offsetof(participant_record, name) == 32);
static_assert(sizeof(participant_record) == pad_bytes);

// What a thread is about to take, or holds. Layout of `what` (0: nothing):
//   bits 0-3 operation | 4-23 name slot | 24-39 low bits of the entry's generation | 40-63 count
struct lane_name {    // offset size
  atomic_u64 what;    //      0    8
  atomic_u64 ticket;  //      8    8  first of `count` tickets
};
static_assert(sizeof(lane_name) == 16);

inline constexpr std::size_t leases_per_lane = 8;

struct lane {                                                         // offset size
  atomic_u64 owner;                                                   //      0    8  participant_id
  std::uint64_t unused;                                               //      8    8
  lane_name intent;                                                   //     16   16  the operation under way
  alignas(pad_bytes) std::array<lane_name, leases_per_lane> leases;  //    128  128
};
static_assert(offsetof(lane, intent) == 16);
static_assert(offsetof(lane, leases) == 128);
static_assert(sizeof(lane) == 256);

// Layout of a name word (0: never used): bits 0-1 state | 2-31 generation | 32-63 hash of the name
enum class name_state : std::uint8_t { empty = 0, live = 1, retired = 2, building = 3 };

constexpr std::uint64_t make_name_word(std::uint32_t hash, std::uint32_t generation,
                                       name_state state) noexcept {
  return std::uint64_t{hash} << 32 | (std::uint64_t{generation} & 0x3FFF'FFFF) << 2 |
         static_cast<std::uint64_t>(state);
}
constexpr name_state state_of(std::uint64_t word) noexcept { return static_cast<name_state>(word & 3); }
constexpr std::uint32_t name_generation_of(std::uint64_t word) noexcept {
  return static_cast<std::uint32_t>(word >> 2) & 0x3FFF'FFFF;
}
constexpr std::uint32_t hash_of(std::uint64_t word) noexcept {
  return static_cast<std::uint32_t>(word >> 32);
}

// A copy of an entry. In the segment these are words: see entry_words.
struct entry_record {                    // offset size
  std::array<char, name_capacity> name;  //      0   64  zero padded
  std::array<char, 16> kind;             //     64   16  zero padded
  std::uint32_t layout;                  //     80    4  version of the kind's own layout
  std::uint32_t element_align;           //     84    4
  std::uint64_t element_bytes;           //     88    8
  std::uint64_t extent_offset;           //     96    8  from the start of the segment, 128-byte aligned
  std::uint64_t extent_bytes;            //    104    8  body, then descriptor
  std::uint64_t body_bytes;              //    112    8
  std::uint64_t descriptor_offset;       //    120    8  from the start of the extent
  std::uint32_t descriptor_bytes;        //    128    4
  std::uint32_t creator_pid;             //    132    4
  std::uint64_t descriptor_hash;         //    136    8  XXH64 of the descriptor's text
  std::uint64_t created_ns;              //    144    8  since 1970
  std::array<std::byte, 104> unused;     //    152  104
};
static_assert(offsetof(entry_record, extent_offset) == 96);
static_assert(offsetof(entry_record, created_ns) == 144);
static_assert(sizeof(entry_record) == 256);
static_assert(std::is_trivially_copyable_v<entry_record>);

struct entry_words {
  std::array<atomic_u64, sizeof(entry_record) / 8> words;
};
static_assert(sizeof(entry_words) == sizeof(entry_record));

// The limits a creator chooses, and what follows from them.
struct segment_limits {
  std::uint64_t extent_bytes = 0;
  std::uint32_t max_entries = 0;
  std::uint32_t max_participants = 0;
  std::uint32_t max_lanes = 0;
};

struct segment_layout {
  std::uint32_t name_slots = 0;
  std::uint64_t participants_offset = 0;
  std::uint64_t attachments_offset = 0;
  std::uint64_t lanes_offset = 0;
  std::uint64_t name_words_offset = 0;
  std::uint64_t entries_offset = 0;
  std::uint64_t extents_offset = 0;
  std::uint64_t total_bytes = 0;

  std::uint64_t attachment_row_bytes() const noexcept {
    return align_up(std::uint64_t{name_slots} / 8, pad_bytes);
  }

  // nullopt: a limit is zero or beyond what the format can number.
  static std::optional<segment_layout> compute(segment_limits const& limits) noexcept;
};

inline constexpr std::uint32_t most_entries = 1u << 19;
inline constexpr std::uint32_t most_participants = 1u << 12;
inline constexpr std::uint32_t most_lanes = 1u << 16;

}  // namespace stoa
