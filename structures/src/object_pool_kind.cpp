#include <cstring>
#include <stoa/object_pool_bytes.hpp>
#include <vector>

#include "verify_kinds.hpp"

namespace stoa {
namespace {

result<std::vector<statistic>> statistics(entry_view const& entry) {
  auto const pool = object_pool_bytes::adopt(entry);
  if (!pool) return pool.error();
  auto const counts = pool->statistics();
  return std::vector<statistic>{{"capacity", pool->capacity()},   {"size", pool->blocks().count().held},
                                {"acquired", counts.acquired},    {"released", counts.released},
                                {"reclaimed", counts.reclaimed},  {"refusals", counts.refusals},
                                {"high_water", counts.high_water}};
}

// Objects in use, in the order of their indices. One that changes hands while it is copied is left out; its bytes
// may be half written all the same, as its holder writes when he likes.
result<void> elements(entry_view const& entry, function_ref<void(std::span<std::byte const>)> visit) {
  auto const pool = object_pool_bytes::adopt(entry);
  if (!pool) return pool.error();
  std::vector<std::byte> copy(pool->object_bytes());
  for (std::uint64_t i = 0; i < pool->capacity(); ++i) {
    auto const before = pool->blocks().held(i);
    if (!before) continue;
    std::memcpy(copy.data(), pool->object(i), copy.size());
    std::atomic_thread_fence(std::memory_order_acquire);  // acquires: the copy comes before the second look
    if (pool->blocks().held(i) == before) visit(copy);
  }
  return {};
}

}  // namespace

kind_operations const& object_pool_operations() {
  // Nothing to settle: no lane names a block, its own word does.
  static kind_operations const operations{"object_pool", 1, &statistics, &elements, nullptr,
                                          &internal::verify_object_pool};
  return operations;
}

}  // namespace stoa
