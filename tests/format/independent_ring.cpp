// docs/format.md, section 21: ring.
#include <algorithm>

#include "independent_bytes.hpp"
#include "independent_structures.hpp"

namespace independent {
namespace {

constexpr std::uint64_t header_bytes = 512;

std::uint64_t slots_for(std::uint64_t capacity) {
  std::uint64_t slots = 1;
  while (slots <= capacity) slots *= 2;
  return slots;
}

}  // namespace

ring_state state_of_ring(entry const& from) {
  auto const payload = u64(from.body, 16);
  auto const slot_bytes = u64(from.body, 24);
  require(payload != 0 && payload == from.element_bytes, "ring: payload_bytes");
  require(slot_bytes == align(payload, 8), "ring: slot_bytes");
  ring_state out;
  out.capacity = u64(from.body, 0);
  require(out.capacity >= 1 && out.capacity <= std::uint64_t{1} << 48, "ring: capacity");
  out.slots = slots_for(out.capacity);
  require(fit(out.slots, slot_bytes, behind(from.body, header_bytes).size()), "ring: slots do not fit");
  auto const mode = u64(from.body, 32);
  require(mode <= 1, "ring: mode");
  out.is_bounded = mode == 1;
  out.first_position = u64(from.body, 8);
  out.producer = u64(from.body, 128);
  out.announced = u64(from.body, 136);
  out.published = u64(from.body, 144);
  out.consumed = u64(from.body, 256);
  out.lost = u64(from.body, 264);
  auto const ahead = out.announced - out.published;
  require(ahead < out.slots, "ring: announced");
  out.oldest =
      out.published - std::min({out.published - out.first_position, out.capacity, out.slots - ahead});
  return out;
}

std::vector<blob> elements_of_ring(entry const& from) {
  auto const state = state_of_ring(from);
  auto const slot_bytes = align(from.element_bytes, 8);
  std::vector<blob> out;
  for (auto position = state.oldest; position != state.published; ++position) {
    auto const slot = header_bytes + (position & (state.slots - 1)) * slot_bytes;
    out.push_back(copy_of(part(from.body, slot, from.element_bytes)));
  }
  return out;
}

}  // namespace independent
