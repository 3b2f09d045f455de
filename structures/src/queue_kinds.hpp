// queue_kinds.hpp: the statistics that a queue and an spsc_queue show.
#pragma once
#include <stoa/kinds.hpp>
#include <vector>

namespace stoa {

// Bytes: queue_bytes or spsc_queue_bytes.
template <class Bytes>
result<std::vector<statistic>> shown_statistics(entry_view const& entry) {
  auto const queue = Bytes::adopt(entry);
  if (!queue) return queue.error();
  auto const counts = queue->statistics();
  return std::vector<statistic>{{"capacity", queue->capacity()},         {"size", queue->was_size()},
                                {"pushed", counts.pushed},               {"popped", counts.popped},
                                {"push_refusals", counts.push_refusals}, {"pop_refusals", counts.pop_refusals},
                                {"high_water", counts.high_water}};
}

}  // namespace stoa
