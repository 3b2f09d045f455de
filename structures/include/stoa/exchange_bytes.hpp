// stoa/exchange_bytes.hpp: the bytes of an exchange, its two directions, and who serves them.
//
// Bytes     docs/format.md "exchange", layout 1: exchange_header; for each direction exchange_direction and slots.
//
// place     says that a server is there: a word with its participant id. A server that leaves in order takes it away;
//           that of a dead one stays until another server comes, so that callers know that nobody will serve them
//
// I1 presence   a server has its place before it serves; places of the dead are cleared by servers only, and by who
//               leaves in order before he leaves                                         R5 -> A5
#pragma once
#include <array>
#include <concepts>
#include <cstring>
#include <span>
#include <stoa/base/function_ref.hpp>
#include <stoa/exchange_slot.hpp>
#include <stoa/kinds.hpp>
#include <stoa/structure.hpp>
#include <utility>

namespace stoa {

// Of an exchange where calls go in both directions: whose calls. Those of one side are served by the other.
enum class side : std::uint32_t {
  front = 0,
  back = 1,
};

// What becomes of the request that a server died with.
enum class after_server_death : std::uint64_t {
  report = 0,       // its caller gets server_died; so do others, until a server comes
  serve_again = 1,  // the next server serves it; callers wait for one until their timeout
};

struct exchange_options {
  bool two_way = false;  // calls in both directions, with slots of their own
  stoa::after_server_death after_server_death = stoa::after_server_death::report;
  // Generations that start elsewhere than at 0: for those who test what happens when they wrap. Below 2^56.
  std::uint64_t first_generation = 0;
};

// Types from here on are the library's own.
inline constexpr std::uint32_t first_reserved_type = 0xFFFF'0000;
// Answered by a server without its handler, with no bytes.
inline constexpr std::uint32_t ping_type = 0xFFFF'0001;

inline constexpr std::size_t servers_per_direction = 64;
inline constexpr std::uint64_t most_exchange_slots = std::uint64_t{1} << 16;
inline constexpr std::uint64_t most_payload_bytes = std::uint64_t{1} << 30;

struct exchange_shape {
  template <std::integral N, std::integral M>
  exchange_shape(N slot_count, M bytes, exchange_options const& with = {})
      : slots{to_count(slot_count)}, payload_bytes{to_count(bytes)}, options{with} {}
  std::uint64_t slots;          // of each direction: calls under way at the same time
  std::uint64_t payload_bytes;  // of the largest request, and of the largest response
  exchange_options options;
};

struct exchange_header {              // offset size
  std::uint64_t slots;                //      0    8  of each direction
  std::uint64_t payload_bytes;        //      8    8
  std::uint64_t first_generation;     //     16    8
  std::uint64_t directions;           //     24    8  1 or 2
  std::uint64_t after_server_death;   //     32    8
  std::array<std::byte, 88> pad;      //     40   88
};
static_assert(offsetof(exchange_header, after_server_death) == 32);
static_assert(sizeof(exchange_header) == 128);

struct exchange_direction {                                               // offset size
  alignas(pad_bytes) wait_flag servers;                                   //      0    4  sleeping for a request
  alignas(pad_bytes) wait_flag callers;                                   //    128    4  sleeping for a slot
  alignas(pad_bytes) atomic_u64 timeouts;                                 //    256    8  calls given up
  atomic_u64 lost;                                                        //    264    8  calls whose server was dead
  atomic_u64 failures;                                                    //    272    8  handlers that threw
  atomic_u64 refusals;                                                    //    280    8  calls that got no slot
  alignas(pad_bytes) std::array<atomic_u64, servers_per_direction> places; //   384  512  participant ids; 0 free
};
static_assert(offsetof(exchange_direction, callers) == 128);
static_assert(offsetof(exchange_direction, timeouts) == 256);
static_assert(offsetof(exchange_direction, places) == 384);
static_assert(sizeof(exchange_direction) == 896);

struct exchange_statistics {
  std::uint64_t calls = 0;     // begun
  std::uint64_t waiting = 0;   // requests nobody has answered yet
  std::uint64_t taken = 0;     // slots that callers have, those they keep for their next call included
  std::uint64_t servers = 0;   // that are there, or died and have no successor
  std::uint64_t timeouts = 0;  // calls given up
  std::uint64_t lost = 0;      // calls that failed because the server was dead
  std::uint64_t failures = 0;  // handlers that threw
  std::uint64_t refusals = 0;  // calls that got no slot
};

// One direction. Bounds were checked at adopt; nothing they depend on is read again.
class exchange_way {
 public:
  exchange_way() = default;
  exchange_way(exchange_direction& direction, std::byte* slots, exchange_shape const& shape) noexcept
      : direction_{&direction},
        slots_{slots},
        count_{shape.slots},
        payload_bytes_{shape.payload_bytes},
        part_bytes_{exchange_slot::part_bytes_for(shape.payload_bytes)},
        slot_bytes_{exchange_slot::bytes_for(shape.payload_bytes)},
        options_{shape.options} {}

  exchange_direction& header() const noexcept { return *direction_; }
  std::uint64_t slots() const noexcept { return count_; }
  std::uint64_t payload_bytes() const noexcept { return payload_bytes_; }
  bool serves_again() const noexcept { return options_.after_server_death == after_server_death::serve_again; }
  // Requires: index < slots().
  exchange_slot slot(std::uint64_t index) const noexcept {
    return exchange_slot{slots_ + index * slot_bytes_, part_bytes_};
  }
  static void count(atomic_u64& counter) noexcept { counter.fetch_add(1, std::memory_order_relaxed); }

  // Takes a slot that is free or a dead process's, and that nobody works in; an empty one: there is none. Looks for the
  // dead only if it is `thorough`.
  exchange_slot take_slot(attachment const& owner, bool thorough) const noexcept;

  // nullptr: all places are taken by live servers.
  atomic_u64* take_place(attachment const& owner) const noexcept;
  // What dead servers left, for a live one to clear.
  void clear_dead_places(attachment const& owner) const noexcept;
  // Ends what dead servers were at; calls `again` for requests that are to be served once more, which ends them. How
  // many those were.
  std::size_t take_over(attachment const& owner, function_ref<void(exchange_slot, call_generation)> again) const;
  // There was a server, and the last one died. False also if servers come or leave meanwhile.
  bool is_deserted(attachment const& looker) const noexcept;

  void add_to(exchange_statistics& sum) const noexcept;

 private:
  exchange_direction* direction_ = nullptr;
  std::byte* slots_ = nullptr;
  std::uint64_t count_ = 0;
  std::uint64_t payload_bytes_ = 0;
  std::uint64_t part_bytes_ = 0;
  std::uint64_t slot_bytes_ = 0;
  exchange_options options_;
};

class exchange_bytes {
 public:
  static result<std::uint64_t> bytes_for(exchange_shape const& asked);
  static void format(std::span<std::byte> body, exchange_shape const& asked);
  static result<exchange_bytes> adopt(entry_view const& entry);

  exchange_shape const& shape() const noexcept { return shape_; }
  bool is_two_way() const noexcept { return shape_.options.two_way; }
  std::uint32_t directions() const noexcept { return is_two_way() ? 2 : 1; }
  // Requires: the side has calls.
  exchange_way way(side whose) const noexcept;
  exchange_statistics statistics() const noexcept;

 private:
  exchange_bytes(std::byte* body, exchange_shape const& shape) noexcept : body_{body}, shape_{shape} {}
  std::byte* body_;
  exchange_shape shape_;
};

kind_operations const& exchange_operations();

}  // namespace stoa
