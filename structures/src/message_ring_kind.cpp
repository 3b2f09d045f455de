#include <stoa/message_ring_bytes.hpp>
#include <vector>

#include "verify_kinds.hpp"

namespace stoa {
namespace {

result<std::vector<statistic>> statistics(entry_view const& entry) {
  auto const ring = message_ring_bytes::adopt(entry);
  if (!ring) return ring.error();
  auto const counts = ring->statistics();
  return std::vector<statistic>{{"capacity", ring->capacity()},
                                {"size", ring->count_waiting()},
                                {"used_bytes", counts.used_bytes},
                                {"broadcast", ring->options().delivery == delivery::broadcast ? 1u : 0u},
                                {"overwrites", ring->options().when_full == when_full::overwrite ? 1u : 0u},
                                {"received", counts.received},
                                {"lost", counts.lost},
                                {"corrupt", counts.corrupt},
                                {"send_refusals", counts.send_refusals},
                                {"receive_refusals", counts.receive_refusals},
                                {"blocks", ring->blocks().count()},
                                {"block_bytes", ring->blocks().block_bytes()},
                                {"blocks_used", counts.blocks_used}};
}

void settle(attachment& owner, entry_view const& entry) {
  if (auto const ring = message_ring_bytes::adopt(entry)) ring->settle(owner);
}

}  // namespace

kind_operations const& message_ring_operations() {
  // Messages have no common size or type: what is in them only their users know.
  static kind_operations const operations{"message_ring", 1, &statistics, &no_elements_of<&message_ring_bytes::adopt>,
                                          &settle, &internal::verify_message_ring};
  return operations;
}

}  // namespace stoa
