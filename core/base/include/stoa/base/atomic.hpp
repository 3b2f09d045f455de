// stoa/base/atomic.hpp: the only atomics that may live in a segment: fixed width, lock-free.
//
// One alias, so that a test build can put a scheduled atomic in its place. An atomic that is not
// lock-free would keep its lock in one process, where the others cannot see it.
#pragma once
#include <atomic>
#include <cstdint>

namespace stoa {

template <class T>
using shared_atomic = std::atomic<T>;
using atomic_u64 = shared_atomic<std::uint64_t>;
using atomic_u32 = shared_atomic<std::uint32_t>;

static_assert(atomic_u64::is_always_lock_free && sizeof(atomic_u64) == 8);
static_assert(atomic_u32::is_always_lock_free && sizeof(atomic_u32) == 4);

}  // namespace stoa
