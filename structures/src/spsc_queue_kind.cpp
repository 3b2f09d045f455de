#include <stoa/spsc_queue_bytes.hpp>

#include "queue_kinds.hpp"
#include "verify_kinds.hpp"

namespace stoa {
namespace {

// The oldest first: the order in which they would be popped.
result<void> show_elements(entry_view const& entry, function_ref<void(std::span<std::byte const>)> visit) {
  auto const queue = spsc_queue_bytes::adopt(entry);
  if (!queue) return queue.error();
  queue->visit(visit);
  return {};
}

}  // namespace

kind_operations const& spsc_queue_operations() {
  static kind_operations const operations{"spsc_queue", 1, &shown_statistics<spsc_queue_bytes>, &show_elements, nullptr,
                                          &internal::verify_spsc_queue};
  return operations;
}

}  // namespace stoa
