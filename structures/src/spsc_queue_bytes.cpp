#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <stoa/spsc_queue_bytes.hpp>

namespace stoa {

result<std::uint64_t> spsc_queue_bytes::bytes_for(slot_layout const& layout, queue_shape const& asked) {
  return slot_array::bytes_for("spsc_queue", sizeof(spsc_queue_header), layout, asked);
}

void spsc_queue_bytes::format(std::span<std::byte> body, slot_layout const& layout, queue_shape const& asked) {
  auto* header = ::new (body.data()) spsc_queue_header{};
  header->capacity = std::bit_ceil(asked.capacity);
  header->first_ticket = asked.first_ticket;
  header->layout = layout;
  // relaxed: nobody can reach these bytes before the name table publishes them
  header->tail.store(asked.first_ticket, std::memory_order_relaxed);
  header->head.store(asked.first_ticket, std::memory_order_relaxed);
  slot_array::format(body.data() + sizeof(spsc_queue_header), header->capacity, layout, asked.first_ticket);
}

result<spsc_queue_bytes> spsc_queue_bytes::adopt(entry_view const& entry) {
  if (entry.body.size() < sizeof(spsc_queue_header))
    return damaged(entry, "its extent is too small for a header");
  std::uint64_t capacity = 0;
  slot_layout layout{};
  std::memcpy(&capacity, entry.body.data() + offsetof(spsc_queue_header, capacity), sizeof(capacity));
  std::memcpy(&layout, entry.body.data() + offsetof(spsc_queue_header, layout), sizeof(layout));
  auto const slots = slot_array::adopt(entry, sizeof(spsc_queue_header), capacity, layout);
  if (!slots) return slots.error();
  return spsc_queue_bytes{entry.body.data(), *slots};
}

result<std::uint64_t> spsc_queue_bytes::take_role(attached_entry const& entry, spsc_role which) const {
  bool const is_producer = which == spsc_role::producer;
  auto const taken = stoa::take_role(role(which), entry, is_producer ? producer_role : consumer_role);
  if (!taken) return taken.error();
  return is_producer ? succeed_producer() : succeed_consumer();
}

// `tail` is noted after each publication, so the true one is there or further on. A batch is published from
// its last slot to its first: one whose first slot is still free never happened (P2).
std::uint64_t spsc_queue_bytes::succeed_producer() const noexcept {
  auto ticket = header_->tail.load(std::memory_order_relaxed);  // ordered by role.hpp:A1
  for (std::uint64_t i = 0; i < capacity(); ++i, ++ticket)
    if (slot_distance(word(ticket).load(std::memory_order_acquire), ticket) <= 0) break;  // A1 <- R2
  for (std::uint64_t i = 1; i < capacity(); ++i) {
    auto published = slot_word(ticket + i, slot_state::full);
    // Not visible to the consumer, which does not get past `ticket`: this process's alone.
    word(ticket + i)
        .compare_exchange_strong(published, slot_word(ticket + i, slot_state::free), std::memory_order_relaxed,
                                 std::memory_order_relaxed);
  }
  header_->tail.store(ticket, std::memory_order_release);  // I4: releases the slots it was found from
  return ticket;
}

// `head` is the point of effect of a pop: slots before it are done with, whether freed or not (P5).
std::uint64_t spsc_queue_bytes::succeed_consumer() const noexcept {
  auto const head = header_->head.load(std::memory_order_relaxed);  // ordered by role.hpp:A1
  for (auto ticket = head - capacity(); ticket != head; ++ticket) {
    auto taken = slot_word(ticket, slot_state::full);
    word(ticket).compare_exchange_strong(taken, free_word_after(ticket), std::memory_order_release,  // R2 -> A1
                                         std::memory_order_relaxed);
  }
  wake(header_->producer_wait);
  return head;
}

bool spsc_queue_bytes::has_arrivals() const noexcept {
  auto const ticket = header_->head.load(std::memory_order_acquire);  // acquires: before the look at its slot
  return slot_distance(word(ticket).load(std::memory_order_acquire), ticket) > 0;  // A2 <- R1
}

std::uint64_t spsc_queue_bytes::was_size() const noexcept {
  auto const head = header_->head.load(std::memory_order_acquire);  // acquires: first, so that tail is not behind
  auto const tail = header_->tail.load(std::memory_order_relaxed);
  // The consumer may be ahead of what the producer has noted.
  return is_past(tail, head) ? std::min(tail - head, capacity()) : 0;
}

queue_statistics spsc_queue_bytes::statistics() const noexcept {
  auto const count = [](atomic_u64 const& counter) { return counter.load(std::memory_order_relaxed); };
  std::uint64_t first = 0;
  std::memcpy(&first, &header_->first_ticket, sizeof(first));
  return {count(header_->tail) - first, count(header_->head) - first, count(header_->push_refusals),
          count(header_->pop_refusals), std::max(count(header_->high_water), was_size())};
}

void spsc_queue_bytes::note_fill() const noexcept {
  auto const size = was_size();
  if (size > header_->high_water.load(std::memory_order_relaxed))  // the producer's own
    header_->high_water.store(size, std::memory_order_relaxed);
}

}  // namespace stoa
