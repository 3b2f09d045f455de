// stoa/queue_slot.hpp: the slot of a queue: a word that says whose turn it is, and the payload.
//
//   word: bits 0-1 state | the rest a ticket
//
// Not ticket + 1 for "full", as is usual: with a capacity of one that would also mean "free for the next lap".
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stoa/base/atomic.hpp>
#include <stoa/base/function_ref.hpp>
#include <stoa/base/layout.hpp>
#include <stoa/base/result.hpp>
#include <stoa/structure.hpp>

namespace stoa {

enum class slot_state : std::uint64_t { free = 0, full = 1, abandoned = 2 };

constexpr std::uint64_t slot_word(std::uint64_t ticket, slot_state state) noexcept {
  return ticket << 2 | static_cast<std::uint64_t>(state);
}
// How far `word` is from "free for ticket", as a signed distance: 1 full, 2 abandoned, > 2 a later lap,
// < 0 an earlier one. Free-running: right across the wrap.
constexpr std::int64_t slot_distance(std::uint64_t word, std::uint64_t ticket) noexcept {
  return static_cast<std::int64_t>(word - slot_word(ticket, slot_state::free));
}
// Whether a free-running cursor has gone past a ticket.
constexpr bool is_past(std::uint64_t cursor, std::uint64_t ticket) noexcept {
  return static_cast<std::int64_t>(cursor - ticket) > 0;
}

template <class T>
struct queue_slot {
  atomic_u64 word;
  alignas(T) std::array<std::byte, sizeof(T)> payload;
};

// The layout of one element type, as a header stores it.
struct slot_layout {             // offset size, within the header
  std::uint32_t slot_bytes;      //      0    4  distance between slots
  std::uint32_t payload_offset;  //      4    4  within a slot
  std::uint32_t payload_bytes;   //      8    4
  std::uint32_t payload_align;   //     12    4

  template <class T>
  static constexpr slot_layout of() noexcept {
    return {sizeof(queue_slot<T>), offsetof(queue_slot<T>, payload), sizeof(T), alignof(T)};
  }
  friend bool operator==(slot_layout const&, slot_layout const&) = default;
};
static_assert(sizeof(slot_layout) == 16);

// What both kinds of queue are asked for.
struct queue_shape {
  template <std::integral N>
  explicit queue_shape(N count) : capacity{to_count(count)} {}
  // Counters that start elsewhere than at 0: for those who test what happens when they wrap.
  template <std::integral N>
  queue_shape(N count, std::uint64_t first) : capacity{to_count(count)}, first_ticket{first} {}
  std::uint64_t capacity;  // rounded up to a power of two
  std::uint64_t first_ticket = 0;
};

// A run of slots in an extent. Bounds were checked and copied; nothing they depend on is read again.
class slot_array {
 public:
  slot_array(std::byte* begin, std::uint64_t capacity, slot_layout const& layout) noexcept
      : begin_{begin}, mask_{capacity - 1}, layout_{layout} {}

  std::byte* begin() const noexcept { return begin_; }
  std::uint64_t capacity() const noexcept { return mask_ + 1; }
  std::uint64_t mask() const noexcept { return mask_; }
  slot_layout const& layout() const noexcept { return layout_; }
  atomic_u64& word(std::uint64_t ticket) const noexcept {
    return *reinterpret_cast<atomic_u64*>(begin_ + (ticket & mask_) * layout_.slot_bytes);
  }
  std::byte* payload(std::uint64_t ticket) const noexcept {
    return begin_ + (ticket & mask_) * layout_.slot_bytes + layout_.payload_offset;
  }
  std::uint64_t free_word_after(std::uint64_t ticket) const noexcept {
    return slot_word(ticket + capacity(), slot_state::free);
  }

  // header_bytes and the slots for a capacity rounded up to a power of two.
  static result<std::uint64_t> bytes_for(std::string_view kind, std::uint64_t header_bytes,
                                         slot_layout const& layout, queue_shape const& asked);
  // Makes slots that are free for the tickets from `first` on.
  static slot_array format(std::byte* begin, std::uint64_t capacity, slot_layout const& layout,
                           std::uint64_t first);
  // What a header in entry.body says, checked against the entry and its extent.
  static result<slot_array> adopt(entry_view const& entry, std::uint64_t header_bytes, std::uint64_t capacity,
                                  slot_layout const& layout);

 private:
  std::byte* begin_;
  std::uint64_t mask_;
  slot_layout layout_;
};

// Copies the elements of up to `count` full slots from `ticket` on. One that is popped meanwhile is left out;
// for tools, which look without being seen.
void visit_full_slots(slot_array const& slots, std::uint64_t ticket, std::uint64_t count,
                      function_ref<void(std::span<std::byte const>)> visit);

}  // namespace stoa
