#include <stoa/ring_bytes.hpp>
#include <vector>

#include "verify_kinds.hpp"

namespace stoa {
namespace {

result<std::vector<statistic>> statistics(entry_view const& entry) {
  auto const ring = ring_bytes::adopt(entry);
  if (!ring) return ring.error();
  auto const counts = ring->statistics();
  return std::vector<statistic>{{"capacity", ring->capacity()},
                                {"size", ring->held().size()},
                                {"bounded", ring->is_bounded() ? 1u : 0u},
                                {"written", counts.written},
                                {"read", counts.read},
                                {"lost", counts.lost},
                                {"push_refusals", counts.push_refusals},
                                {"pop_refusals", counts.pop_refusals},
                                {"high_water", counts.high_water}};
}

// All that is held, consumed or not. What is overwritten while it is copied is left out.
result<void> elements(entry_view const& entry, function_ref<void(std::span<std::byte const>)> visit) {
  auto const ring = ring_bytes::adopt(entry);
  if (!ring) return ring.error();
  std::vector<std::byte> copy(ring->payload_bytes());
  auto const there = ring->held();
  for (std::uint64_t i = 0; i < there.size(); ++i) {
    ring->load(copy.data(), there.begin + i);
    if (ring->overtaken(there.begin + i) == 0) visit(copy);
  }
  return {};
}

}  // namespace

kind_operations const& ring_operations() {
  static kind_operations const operations{"ring", 1, &statistics, &elements, nullptr, &internal::verify_ring};
  return operations;
}

}  // namespace stoa
