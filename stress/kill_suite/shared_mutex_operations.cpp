// A reader that dies is none any more; a writer leaves the mutex free or abandoned.
#include <stoa/sync/shared_mutex.hpp>

#include "sync_world.hpp"

namespace stoa::kill_suite {
namespace {

contents const is_free{0};
contents const is_abandoned{1};

// What the next writer finds; it leaves it as it was.
contents found(shared_mutex const& which, complaints& bad) {
  bool const is_inherited = which.lock_or_inherit();
  bad.expect(which.is_consistent() == !is_inherited, "inherited, and consistent");
  which.unlock();
  return is_inherited ? is_abandoned : is_free;
}

void works(shared_mutex const& which, complaints& bad) {
  which.recover([] {});
  for (int round = 0; round < 2; ++round) {
    for (std::uint64_t i = 0; i < which.capacity(); ++i)
      bad.expect(which.try_lock_shared(), "a place of a reader that was lost");
    for (std::uint64_t i = 0; i < which.capacity(); ++i) which.unlock_shared();
    bad.expect(which.try_lock(), "a free mutex that cannot be locked");
    which.unlock();
  }
}

// Whoever gets it excludes others. Not in the way of a victim that is a reader: it may have it shared.
void goes_on(shared_mutex const& which, complaints& bad) {
  bad.expect(which.is_consistent(), "taken from a live process");
  if (which.try_lock_for(std::chrono::microseconds{100})) which.unlock();
  if (which.try_lock_shared_for(std::chrono::microseconds{100})) which.unlock_shared();
}

void goes_on_perhaps_abandoned(shared_mutex const& which, complaints&) {
  try {
    if (which.try_lock()) which.unlock();
  } catch (error const& problem) {
    if (problem.code() != errc::owner_died) throw;
  }
}

void recover(shared_mutex const& which) { which.recover([] {}); }
void repair(shared_mutex const& which) {
  if (!which.is_consistent()) recover(which);
}
void lock(shared_mutex const& which) { which.lock(); }
// The first try of a handle looks for the dead.
void try_lock(shared_mutex const& which) { static_cast<void>(which.try_lock()); }
void unlock(shared_mutex const& which) { which.unlock(); }
void lock_shared(shared_mutex const& which) { which.lock_shared(); }
void try_lock_shared(shared_mutex const& which) { static_cast<void>(which.try_lock_shared()); }
void inherit(shared_mutex const& which) { static_cast<void>(which.lock_or_inherit()); }
void unlock_shared(shared_mutex const& which) { which.unlock_shared(); }

}  // namespace

std::vector<operation> shared_mutex_operations() {
  sync_rules<shared_mutex> const rules{[](segment const& home) { return home.publish<shared_mutex>("x", 3); }, found,
                                       works, goes_on, repair, [](contents) { return is_free; }};
  auto rules_of_abandoned = rules;
  rules_of_abandoned.goes_on = goes_on_perhaps_abandoned;
  return joined(
      sync_operations<shared_mutex>("shared_mutex", rules,
                                    {{"lock", is_free, is_abandoned, {}, {}, lock},
                                     {"unlock", is_abandoned, is_free, {}, lock, unlock},
                                     {"try_lock over a dead reader", is_free, is_abandoned, lock_shared, {}, try_lock},
                                     {"lock_shared", is_free, is_free, {}, {}, lock_shared},
                                     {"try_lock_shared", is_free, is_free, {}, {}, try_lock_shared},
                                     {"unlock_shared", is_free, is_free, {}, lock_shared, unlock_shared}}),
      sync_operations<shared_mutex>("shared_mutex", rules_of_abandoned,
                                    {{"recover", is_abandoned, is_free, lock, {}, recover},
                                     {"lock_or_inherit", is_abandoned, is_abandoned, lock, {}, inherit}}));
}

}  // namespace stoa::kill_suite
