#include <cstring>
#include <stoa/spsc_queue_bytes.hpp>
#include <vector>

namespace stoa {
namespace {

result<std::vector<statistic>> statistics(entry_view const& entry) {
  auto const queue = spsc_queue_bytes::adopt(entry);
  if (!queue) return queue.error();
  auto const counts = queue->statistics();
  return std::vector<statistic>{{"capacity", queue->capacity()},         {"size", queue->was_size()},
                                {"pushed", counts.pushed},               {"popped", counts.popped},
                                {"push_refusals", counts.push_refusals}, {"pop_refusals", counts.pop_refusals},
                                {"high_water", counts.high_water}};
}

result<void> elements(entry_view const& entry, function_ref<void(std::span<std::byte const>)> visit) {
  auto const queue = spsc_queue_bytes::adopt(entry);
  if (!queue) return queue.error();
  visit_full_slots(*queue, queue->header().head.load(std::memory_order_acquire), queue->was_size(), visit);
  return {};
}

}  // namespace

kind_operations const& spsc_queue_operations() {
  static kind_operations const operations{"spsc_queue", 1, &statistics, &elements, nullptr};
  return operations;
}

}  // namespace stoa
