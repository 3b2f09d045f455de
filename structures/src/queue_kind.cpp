#include <stoa/queue_bytes.hpp>

#include "slot_queue_kind.hpp"
#include "verify_kinds.hpp"

namespace stoa {
namespace {

void settle(attachment& owner, entry_view const& entry) {
  if (auto const queue = queue_bytes::adopt(entry)) queue->settle(owner);
}

}  // namespace

kind_operations const& queue_operations() {
  static kind_operations const operations{"queue", 1, &slot_queue_statistics<queue_bytes>,
                                          &slot_queue_elements<queue_bytes>, &settle, &internal::verify_queue};
  return operations;
}

}  // namespace stoa
