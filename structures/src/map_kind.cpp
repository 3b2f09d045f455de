#include <algorithm>
#include <cstring>
#include <stoa/map_bytes.hpp>
#include <vector>

#include "verify_kinds.hpp"

namespace stoa {
namespace internal {

result<std::vector<statistic>> statistics_of_map(entry_view const& entry) {
  auto const map = map_bytes::adopt(entry);
  if (!map) return map.error();
  auto const counts = map->statistics();
  return std::vector<statistic>{{"capacity", map->capacity()},
                                {"size", counts.size},
                                {"changes", counts.changes},
                                {"insert_refusals", counts.refusals},
                                {"overflow_buckets", counts.overflows},
                                {"overflow_buckets_used", counts.overflows_used}};
}

result<void> elements_of_map(entry_view const& entry, function_ref<void(std::span<std::byte const>)> visit) {
  auto const map = map_bytes::adopt(entry);
  if (!map) return map.error();
  auto const& layout = map->layout();
  std::vector<std::byte> element(entry.record.element_bytes);
  std::vector<std::uint64_t> copies;
  for (std::uint64_t home = 0; home < map->homes(); ++home) {
    if (!map->copy_chain(home, copies)) return damaged(entry, "a bucket that never holds still");
    for (std::size_t i = 0; i < copies.size(); i += layout.slot_words()) {
      std::memcpy(element.data(), &copies[i], layout.key_bytes);
      if (layout.value_bytes != 0)
        std::memcpy(element.data() + layout.value_offset, &copies[i] + words_for(layout.key_bytes), layout.value_bytes);
      visit(element);
    }
  }
  return {};
}

void settle_map(attachment& owner, entry_view const& entry) {
  if (auto const map = map_bytes::adopt(entry)) map->settle(owner);
}

}  // namespace internal

kind_operations const& map_operations() {
  static kind_operations const operations{"map", 1, &internal::statistics_of_map, &internal::elements_of_map,
                                          &internal::settle_map, &internal::verify_map};
  return operations;
}

}  // namespace stoa
