#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <stoa/spsc_queue_bytes.hpp>
#include <stoa/structure.hpp>
#include <vector>

namespace stoa {

result<std::uint64_t> spsc_queue_bytes::bytes_for(std::uint64_t element_bytes, queue_shape const& asked) {
  if (asked.capacity > std::uint64_t{1} << 48) return cannot_hold("spsc_queue", asked.capacity, element_bytes);
  auto const capacity = asked.capacity == 0 ? 0 : std::bit_ceil(asked.capacity);
  return bytes_of_elements("spsc_queue", sizeof(spsc_queue_header), capacity, element_bytes);
}

void spsc_queue_bytes::format(std::span<std::byte> body, std::uint64_t element_bytes, queue_shape const& asked) {
  auto* header = ::new (body.data()) spsc_queue_header{};
  header->capacity = std::bit_ceil(asked.capacity);
  header->first_ticket = asked.first_ticket;
  header->element_bytes = element_bytes;
  // relaxed: nobody can reach these bytes before the name table publishes them
  header->tail.store(asked.first_ticket, std::memory_order_relaxed);
  header->head.store(asked.first_ticket, std::memory_order_relaxed);
}

result<spsc_queue_bytes> spsc_queue_bytes::adopt(entry_view const& entry) {
  if (entry.body.size() < sizeof(spsc_queue_header))
    return damaged(entry, "its extent is too small for a header");
  std::array<std::uint64_t, 3> header{};
  std::memcpy(header.data(), entry.body.data(), sizeof(header));
  auto const [capacity, first_ticket, element_bytes] = header;
  if (element_bytes == 0 || element_bytes != entry.record.element_bytes)
    return damaged(entry, fmt::format("expected elements of {} bytes, found {}", entry.record.element_bytes,
                                      element_bytes));
  if (!std::has_single_bit(capacity) ||
      capacity > (entry.body.size() - sizeof(spsc_queue_header)) / element_bytes)
    return damaged(entry, fmt::format("a capacity of {} elements of {} bytes in an extent of {}", capacity,
                                      element_bytes, entry.body.size()));
  return spsc_queue_bytes{entry.body.data(), capacity, element_bytes};
}

// A cursor is the point of effect of its side's calls: its successor has nothing to find out.
result<std::uint64_t> spsc_queue_bytes::take_role(attached_entry const& entry, spsc_role which) const {
  auto const taken =
      stoa::take_role(role(which), entry, which == spsc_role::producer ? producer_role : consumer_role);
  if (!taken) return taken.error();
  return cursor(which).load(std::memory_order_relaxed);  // ordered by role.hpp:A1
}

failure spsc_queue_bytes::bad_limit(attached_entry const& entry, spsc_role which, std::uint64_t cursor,
                                    std::uint64_t limit) const {
  bool const is_producer = which == spsc_role::producer;
  auto const other = is_producer ? limit - capacity() : limit;
  return damaged(entry, fmt::format("expected a {} at most {} {} ticket {}, found {}", is_producer ? "head" : "tail",
                                    capacity(), is_producer ? "behind" : "ahead of", cursor, other));
}

std::uint64_t spsc_queue_bytes::was_size() const noexcept {
  auto const head = header_->head.load(std::memory_order_acquire);  // acquires: first, so that tail is not behind
  auto const tail = header_->tail.load(std::memory_order_relaxed);
  // Both have gone on since, perhaps by more than a capacity.
  return is_past(tail, head) ? std::min(tail - head, capacity()) : 0;
}

queue_statistics spsc_queue_bytes::statistics() const noexcept {
  auto const count = [](atomic_u64 const& counter) { return counter.load(std::memory_order_relaxed); };
  std::uint64_t first = 0;
  std::memcpy(&first, &header_->first_ticket, sizeof(first));
  return {count(header_->tail) - first, count(header_->head) - first, count(header_->push_refusals),
          count(header_->pop_refusals), std::max(count(header_->high_water), was_size())};
}

void spsc_queue_bytes::note_size(std::uint64_t size) const noexcept {
  // relaxed: a statistic with one writer
  if (size > header_->high_water.load(std::memory_order_relaxed))
    header_->high_water.store(size, std::memory_order_relaxed);
}

void spsc_queue_bytes::visit(function_ref<void(std::span<std::byte const>)> visit) const {
  std::vector<std::byte> copy(element_bytes_);
  auto ticket = header_->head.load(std::memory_order_acquire);            // acquires: a place to begin
  auto const tail = header_->tail.load(std::memory_order_acquire);        // A2 <- R1
  for (std::uint64_t left = std::min(tail - ticket, capacity()); left > 0; --left, ++ticket) {
    std::memcpy(copy.data(), element(ticket), copy.size());
    std::atomic_thread_fence(std::memory_order_acquire);  // the copy comes before the look at head
    // While it was not popped nobody wrote over it. relaxed: the fence orders it.
    if (!is_past(header_->head.load(std::memory_order_relaxed), ticket)) visit(copy);
  }
}

}  // namespace stoa
