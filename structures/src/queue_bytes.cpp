#include <algorithm>
#include <bit>
#include <cstring>
#include <stoa/queue_bytes.hpp>

namespace stoa {

result<std::uint64_t> queue_bytes::bytes_for(slot_layout const& layout, queue_shape const& asked) {
  return slot_array::bytes_for("queue", sizeof(queue_header), layout, asked);
}

void queue_bytes::format(std::span<std::byte> body, slot_layout const& layout, queue_shape const& asked) {
  auto* header = ::new (body.data()) queue_header{};
  header->capacity = std::bit_ceil(asked.capacity);
  header->first_ticket = asked.first_ticket;
  header->layout = layout;
  // relaxed: nobody can reach these bytes before the name table publishes them
  header->tail.store(asked.first_ticket, std::memory_order_relaxed);
  header->head.store(asked.first_ticket, std::memory_order_relaxed);
  slot_array::format(body.data() + sizeof(queue_header), header->capacity, layout, asked.first_ticket);
}

result<queue_bytes> queue_bytes::adopt(entry_view const& entry) {
  if (entry.body.size() < sizeof(queue_header)) return damaged(entry, "its extent is too small for a header");
  std::uint64_t capacity = 0;
  slot_layout layout{};
  std::memcpy(&capacity, entry.body.data() + offsetof(queue_header, capacity), sizeof(capacity));
  std::memcpy(&layout, entry.body.data() + offsetof(queue_header, layout), sizeof(layout));
  auto const slots = slot_array::adopt(entry, sizeof(queue_header), capacity, layout);
  if (!slots) return slots.error();
  return queue_bytes{entry, *slots};
}

bool queue_bytes::has_arrivals() const noexcept {
  // relaxed: a hint, as in queue_claims.hpp
  if (header_->recall.load(std::memory_order_relaxed) != 0) return true;
  auto const ticket = header_->head.load(std::memory_order_relaxed);
  return slot_distance(word(ticket).load(std::memory_order_acquire), ticket) > 0;  // queue_claims.hpp:A2 <- R1
}

std::uint64_t queue_bytes::was_size() const noexcept {
  // head first: a tail read later is not behind it, so the difference is not negative. (A1 for that order)
  auto const head = header_->head.load(std::memory_order_acquire);
  auto const tail = header_->tail.load(std::memory_order_relaxed);
  return std::min(tail - head, capacity());
}

queue_statistics queue_bytes::statistics() const noexcept {
  auto const count = [](atomic_u64 const& counter) { return counter.load(std::memory_order_relaxed); };
  std::uint64_t first = 0;
  std::memcpy(&first, &header_->first_ticket, sizeof(first));
  return {count(header_->tail) - first, count(header_->head) - first, count(header_->push_refusals),
          count(header_->pop_refusals), std::max(count(header_->high_water), was_size())};
}

void queue_bytes::note_fill() const noexcept {
  // There is nothing to be noted any more: who finds the queue full again and again leaves head to those who pop.
  if (header_->high_water.load(std::memory_order_relaxed) >= capacity()) return;
  auto const size = was_size();
  // Two who write at once may lose the larger one: a statistic.
  if (size > header_->high_water.load(std::memory_order_relaxed))
    header_->high_water.store(size, std::memory_order_relaxed);
}

}  // namespace stoa
