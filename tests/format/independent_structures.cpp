// docs/format.md, sections 14 to 18: array, value and the queues; and which kind is read by what.
#include "independent_structures.hpp"

#include <algorithm>
#include <array>

#include "independent_bytes.hpp"

namespace independent {
namespace {

std::vector<blob> elements_of_array(entry const& from) {
  auto const size = u64(from.body, 0);
  auto const each = u64(from.body, 8);
  require(each != 0 && each == from.element_bytes, "array: element_bytes");
  auto const all = behind(from.body, 128);
  require(size != 0 && fit(size, each, all.size()), "array: size");
  std::vector<blob> out;
  for (std::uint64_t i = 0; i < size; ++i) out.push_back(copy_of(part(all, i * each, each)));
  return out;
}

std::vector<blob> element_of_value(entry const& from) {
  auto const payload = u64(from.body, 0);
  auto const distance = u64(from.body, 8);
  auto const buffers = u64(from.body, 16);
  require(payload != 0 && payload == from.element_bytes, "value: payload_bytes");
  require(distance == align(16 + align(payload, 8), 128), "value: buffer_bytes");
  require(buffers >= 2 && buffers <= 255, "value: buffers");
  auto const all = behind(from.body, 256);
  require(fit(buffers, distance, all.size()), "value: buffers do not fit");
  auto const state = u64(from.body, 128);
  auto const current = (state & 0xFF) < buffers ? state & 0xFF : 0;
  auto const buffer = part(all, current * distance, distance);
  require(u64(buffer, 8) % 2 == 0, "value: the current buffer is being written");
  return {copy_of(part(buffer, 16, payload))};
}

struct slots {
  bytes all;
  std::uint64_t capacity = 0;
  std::uint64_t slot_bytes = 0;
  std::uint64_t payload_offset = 0;
  std::uint64_t payload_bytes = 0;

  bool is_full(std::uint64_t ticket) const {
    return u64(all, (ticket & (capacity - 1)) * slot_bytes) == (ticket << 2 | 1);
  }
  bytes payload(std::uint64_t ticket) const {
    return part(all, (ticket & (capacity - 1)) * slot_bytes + payload_offset, payload_bytes);
  }
};

// Section 16.
slots slots_of(entry const& from) {
  require(from.kind == "queue", "no queue");
  slots out;
  out.capacity = u64(from.body, 0);
  out.slot_bytes = u32(from.body, 16);
  out.payload_offset = u32(from.body, 20);
  out.payload_bytes = u32(from.body, 24);
  auto const alignment = u32(from.body, 28);
  require(out.payload_bytes != 0 && out.payload_bytes == from.element_bytes,
          "slots: payload_bytes");
  require(alignment == from.element_align && is_power_of_two(alignment) && alignment <= 128,
          "slots: align");
  auto const unit = std::max(alignment, 8u);
  require(out.payload_offset == unit, "slots: payload_offset");
  require(out.slot_bytes == align(out.payload_offset + out.payload_bytes, unit),
          "slots: slot_bytes");
  require(is_power_of_two(out.capacity), "slots: capacity");
  out.all = behind(from.body, 768);
  require(fit(out.capacity, out.slot_bytes, out.all.size()), "slots: do not fit");
  return out;
}

std::vector<blob> full_ones(slots const& where, std::uint64_t from, std::uint64_t to) {
  std::vector<blob> out;
  for (auto ticket = from; ticket != to; ++ticket)
    if (where.is_full(ticket)) out.push_back(copy_of(where.payload(ticket)));
  return out;
}

std::vector<blob> elements_of_queue(entry const& from) {
  auto const state = state_of_queue(from);
  require(state.tail - state.head <= state.capacity, "queue: cursors");
  return full_ones(slots_of(from), state.head, state.tail);
}

std::vector<blob> elements_of_spsc_queue(entry const& from) {
  auto const each = u64(from.body, 16);
  require(each != 0 && each == from.element_bytes, "spsc_queue: element_bytes");
  auto const state = state_of_spsc_queue(from);
  auto const all = behind(from.body, 512);
  require(is_power_of_two(state.capacity) && fit(state.capacity, each, all.size()), "spsc_queue: capacity");
  require(state.tail - state.head <= state.capacity, "spsc_queue: cursors");
  std::vector<blob> out;
  for (auto ticket = state.head; ticket != state.tail; ++ticket)
    out.push_back(copy_of(part(all, (ticket & (state.capacity - 1)) * each, each)));
  return out;
}

}  // namespace

queue_state state_of_queue(entry const& from) {
  queue_state out;
  out.capacity = slots_of(from).capacity;
  out.first_ticket = u64(from.body, 8);
  out.tail = u64(from.body, 128);
  out.head = u64(from.body, 256);
  out.recall = u64(from.body, 264);
  return out;
}

spsc_queue_state state_of_spsc_queue(entry const& from) {
  require(from.kind == "spsc_queue", "no spsc_queue");
  return {.capacity = u64(from.body, 0),
          .first_ticket = u64(from.body, 8),
          .tail = u64(from.body, 136),
          .head = u64(from.body, 264),
          .producer = u64(from.body, 128),
          .consumer = u64(from.body, 256)};
}

std::uint64_t version_of_value(entry const& from) {
  return u64(from.body, 128) >> 8;
}

std::vector<blob> elements_of(entry const& from) {
  struct kind {
    std::string_view name;
    std::vector<blob> (*elements)(entry const&);
  };
  static constexpr std::array kinds{
      kind{"array", elements_of_array},      kind{"value", element_of_value},
      kind{"queue", elements_of_queue},      kind{"spsc_queue", elements_of_spsc_queue},
      kind{"ring", elements_of_ring},        kind{"stack", elements_of_stack},
      kind{"object_pool", elements_of_pool}, kind{"map", elements_of_map},
      kind{"set", elements_of_map},          kind{"bitset", elements_of_bitset},
      kind{"heap", elements_of_heap},        kind{"future", elements_of_future}};
  auto const found = std::ranges::find(kinds, from.kind, &kind::name);
  require(found != kinds.end(), "a kind nobody knows");
  return found->elements(from);
}

std::vector<blob> taken_elements_of(entry const& from) {
  auto const state = state_of_queue(from);
  return full_ones(slots_of(from), state.head - state.capacity, state.head);
}

}  // namespace independent
