// A mutex is free, or abandoned by who died with it; a stopped holder keeps it.
#include <chrono>
#include <stoa/sync/mutex.hpp>

#include "sync_world.hpp"

namespace stoa::kill_suite {
namespace {

contents const is_free{0};
contents const is_abandoned{1};

// What the next one finds who locks it; it leaves it as it was.
contents found(mutex const& which, complaints& bad) {
  bool const is_inherited = which.lock_or_inherit();
  bad.expect(which.is_consistent() == !is_inherited, "inherited, and consistent");
  which.unlock();
  return is_inherited ? is_abandoned : is_free;
}

void works(mutex const& which, complaints& bad) {
  which.recover([] {});
  for (int round = 0; round < 2; ++round) {
    bad.expect(which.try_lock(), "a free mutex that cannot be locked");
    which.unlock();
  }
}

// A live process has it, or nobody: it is not found abandoned if it was not before.
void goes_on(mutex const& which, complaints& bad) {
  bad.expect(which.is_consistent(), "taken from a live process");
  if (which.try_lock_for(std::chrono::microseconds{100})) which.unlock();
}

void goes_on_perhaps_abandoned(mutex const& which, complaints&) {
  try {
    if (which.try_lock()) which.unlock();
  } catch (error const& problem) {
    if (problem.code() != errc::owner_died) throw;
  }
}

void put_right(mutex const& which) { which.recover([] {}); }
// One who locks and dies of it would make a free mutex an abandoned one.
void repair(mutex const& which) {
  if (!which.is_consistent()) put_right(which);
}
void lock(mutex const& which) { which.lock(); }
void unlock(mutex const& which) { which.unlock(); }
void try_lock(mutex const& which) { static_cast<void>(which.try_lock()); }
void inherit(mutex const& which) { static_cast<void>(which.lock_or_inherit()); }
void lock_in_time(mutex const& which) { static_cast<void>(which.try_lock_for(std::chrono::hours{1})); }

}  // namespace

std::vector<operation> mutex_operations() {
  sync_rules<mutex> const rules{[](segment const& home) { return home.publish<mutex>("x"); },
                                found, works, goes_on, repair, [](contents) { return is_free; }};
  auto rules_of_abandoned = rules;
  rules_of_abandoned.goes_on = goes_on_perhaps_abandoned;
  return joined(sync_operations<mutex>("mutex", rules,
                                       {{"lock", is_free, is_abandoned, {}, {}, lock},
                                        {"try_lock", is_free, is_abandoned, {}, {}, try_lock},
                                        {"try_lock_for", is_free, is_abandoned, {}, {}, lock_in_time},
                                        {"unlock", is_abandoned, is_free, {}, lock, unlock}}),
                sync_operations<mutex>("mutex", rules_of_abandoned,
                                       {{"recover", is_abandoned, is_free, lock, {}, put_right},
                                        {"lock_or_inherit", is_abandoned, is_abandoned, lock, {}, inherit}}));
}

}  // namespace stoa::kill_suite
