// stoa/sync/after_death.hpp: what locks that a death leaves abandoned have in common.
#pragma once
#include <mutex>
#include <stoa/kinds.hpp>

namespace stoa::internal {

// A call that only the holder may make.
failure not_owner(attached_entry const& entry);

// Locks; if `lock` is abandoned runs repair(), and it is consistent. False: it was, nothing was run.
template <class Lock, class Repair>
bool recover(Lock const& lock, Repair& repair) {
  bool const is_inherited = lock.lock_or_inherit();
  std::unique_lock<Lock const> const held{lock, std::adopt_lock};
  if (!is_inherited) return false;
  repair();
  lock.make_consistent();
  return true;
}

}  // namespace stoa::internal
