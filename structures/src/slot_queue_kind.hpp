// slot_queue_kind.hpp: what a queue and an spsc_queue show of themselves without their element's type.
#pragma once
#include <stoa/kinds.hpp>
#include <stoa/queue_slot.hpp>
#include <vector>

namespace stoa {

// Bytes: queue_bytes or spsc_queue_bytes.
template <class Bytes>
result<std::vector<statistic>> slot_queue_statistics(entry_view const& entry) {
  auto const queue = Bytes::adopt(entry);
  if (!queue) return queue.error();
  auto const counts = queue->statistics();
  return std::vector<statistic>{{"capacity", queue->capacity()},         {"size", queue->was_size()},
                                {"pushed", counts.pushed},               {"popped", counts.popped},
                                {"push_refusals", counts.push_refusals}, {"pop_refusals", counts.pop_refusals},
                                {"high_water", counts.high_water}};
}

// The oldest first: the order in which they would be popped.
template <class Bytes>
result<void> slot_queue_elements(entry_view const& entry, function_ref<void(std::span<std::byte const>)> visit) {
  auto const queue = Bytes::adopt(entry);
  if (!queue) return queue.error();
  // acquires nothing that visit_full_slots() does not: a place to begin, before was_size() looks at it again
  visit_full_slots(*queue, queue->header().head.load(std::memory_order_acquire), queue->was_size(), visit);
  return {};
}

}  // namespace stoa
