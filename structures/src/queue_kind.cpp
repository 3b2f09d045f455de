#include <stoa/queue_bytes.hpp>

#include "queue_kinds.hpp"
#include "verify_kinds.hpp"

namespace stoa {
namespace {

// The oldest first: the order in which they would be popped.
result<void> show_elements(entry_view const& entry, function_ref<void(std::span<std::byte const>)> visit) {
  auto const queue = queue_bytes::adopt(entry);
  if (!queue) return queue.error();
  // acquires nothing that visit_full_slots() does not: a place to begin, before was_size() looks at it again
  visit_full_slots(*queue, queue->header().head.load(std::memory_order_acquire), queue->was_size(), visit);
  return {};
}

void settle(attachment& owner, entry_view const& entry) {
  if (auto const queue = queue_bytes::adopt(entry)) queue->settle(owner);
}

}  // namespace

kind_operations const& queue_operations() {
  static kind_operations const operations{"queue", 1, &shown_statistics<queue_bytes>, &show_elements, &settle,
                                          &internal::verify_queue};
  return operations;
}

}  // namespace stoa
