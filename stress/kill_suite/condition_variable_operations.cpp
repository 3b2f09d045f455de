// A notification happens or not; who waits and dies takes none with it.
#include <mutex>
#include <stoa/sync/condition_variable.hpp>

#include "sync_world.hpp"

namespace stoa::kill_suite {
namespace {

contents found(condition_variable const&, complaints&) { return {}; }
// Who waits is told: by whoever is left, in time.
void works(condition_variable const& which, complaints& bad) {
  std::mutex mutex;
  std::unique_lock lock{mutex};
  which.notify_one();
  bad.expect(which.wait_for(lock, std::chrono::microseconds{1}) == std::cv_status::timeout,
             "a notification from before the wait");
  bad.expect(lock.owns_lock(), "waited, and came back without the mutex");
}
void goes_on(condition_variable const& which, complaints&) { which.notify_all(); }
void notify(condition_variable const& which) { which.notify_one(); }
void wait(condition_variable const& which) {
  std::mutex mutex;
  std::unique_lock lock{mutex};
  static_cast<void>(which.wait_for(lock, std::chrono::microseconds{1}));
}

}  // namespace

std::vector<operation> condition_variable_operations() {
  sync_rules<condition_variable> const rules{[](segment const& home) { return home.publish<condition_variable>("x"); },
                                             found, works, goes_on, notify, [](contents what) { return what; }};
  return sync_operations<condition_variable>("condition", rules,
                                             {{"notify", {}, {}, {}, {}, notify}, {"wait_for", {}, {}, {}, {}, wait}});
}

}  // namespace stoa::kill_suite
