// stoa/sync/after_death.hpp: what locks that a death leaves abandoned have in common.
#pragma once
#include <stoa/kinds.hpp>

namespace stoa::internal {

// A call that only the holder may make.
failure not_owner(attached_entry const& entry);

// Locks; if `lock` is abandoned runs repair(), and it is consistent. False: it was, nothing was run.
template <class Lock, class Repair>
bool recover(Lock const& lock, Repair& repair) {
  bool const is_inherited = lock.lock_or_inherit();
  try {
    if (is_inherited) {
      repair();
      lock.make_consistent();
    }
  } catch (...) {
    // Not by a guard: if the lock was damaged meanwhile, unlock() throws, and its destructor would end the process.
    try {
      lock.unlock();
    } catch (error const&) {
    }
    throw;
  }
  lock.unlock();
  return is_inherited;
}

}  // namespace stoa::internal
