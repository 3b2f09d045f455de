#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <stoa/queue_slot.hpp>
#include <vector>

namespace stoa {

result<std::uint64_t> slot_array::bytes_for(std::string_view kind, std::uint64_t header_bytes,
                                            slot_layout const& layout, queue_shape const& asked) {
  if (asked.capacity > std::uint64_t{1} << 48) return cannot_hold(kind, asked.capacity, layout.payload_bytes);
  auto const capacity = asked.capacity == 0 ? 0 : std::bit_ceil(asked.capacity);
  return bytes_of_elements(kind, header_bytes, capacity, layout.slot_bytes);
}

slot_array slot_array::format(std::byte* begin, std::uint64_t capacity, slot_layout const& layout,
                              std::uint64_t first) {
  slot_array const made{begin, capacity, layout};
  for (std::uint64_t i = 0; i < capacity; ++i)
    ::new (&made.word(first + i)) atomic_u64{slot_word(first + i, slot_state::free)};
  return made;
}

result<slot_array> slot_array::adopt(entry_view const& entry, std::uint64_t header_bytes,
                                     std::uint64_t capacity, slot_layout const& layout) {
  auto const& record = entry.record;
  if (layout.payload_bytes == 0 || layout.payload_bytes != record.element_bytes ||
      layout.payload_align != record.element_align)
    return damaged(entry, fmt::format("expected elements of {} bytes aligned to {}, found {} aligned to {}",
                                      record.element_bytes, record.element_align, layout.payload_bytes,
                                      layout.payload_align));
  bool const is_well_aligned = std::has_single_bit(layout.payload_align) && layout.payload_align <= pad_bytes &&
                               is_aligned(layout.payload_offset, layout.payload_align) &&
                               is_aligned(layout.slot_bytes, std::max(layout.payload_align, 8u));
  if (!is_well_aligned || layout.payload_offset < sizeof(atomic_u64) ||
      layout.payload_offset > layout.slot_bytes ||
      layout.payload_bytes > layout.slot_bytes - layout.payload_offset)
    return damaged(entry, fmt::format("slots of {} bytes with {} bytes at {}", layout.slot_bytes,
                                      layout.payload_bytes, layout.payload_offset));
  if (!std::has_single_bit(capacity) || capacity > (entry.body.size() - header_bytes) / layout.slot_bytes)
    return damaged(entry, fmt::format("a capacity of {} slots of {} bytes in an extent of {}", capacity,
                                      layout.slot_bytes, entry.body.size()));
  return slot_array{entry.body.data() + header_bytes, capacity, layout};
}

void visit_full_slots(slot_array const& slots, std::uint64_t ticket, std::uint64_t count,
                      function_ref<void(std::span<std::byte const>)> visit) {
  std::vector<std::byte> copy(slots.layout().payload_bytes);
  for (; count > 0; --count, ++ticket) {
    auto const full = slot_word(ticket, slot_state::full);
    if (slots.word(ticket).load(std::memory_order_acquire) != full) continue;  // queue.hpp:A2 <- R1
    std::memcpy(copy.data(), slots.payload(ticket), copy.size());
    std::atomic_thread_fence(std::memory_order_acquire);  // the copy comes before the second look
    if (slots.word(ticket).load(std::memory_order_relaxed) == full) visit(copy);
  }
}

}  // namespace stoa
