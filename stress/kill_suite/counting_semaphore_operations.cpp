// Permits are taken and given all at once or not at all.
#include <stoa/sync/counting_semaphore.hpp>

#include "sync_world.hpp"

namespace stoa::kill_suite {
namespace {

constexpr std::uint64_t initial = 3;
constexpr std::uint64_t most = 8;

contents found(counting_semaphore const& which, complaints&) { return {which.available()}; }
void works(counting_semaphore const& which, complaints& bad) {
  while (which.try_acquire()) {}
  which.release(most);
  for (std::uint64_t i = 0; i < most; ++i) bad.expect(which.try_acquire(), "a permit that cannot be taken");
  bad.expect(!which.try_acquire(), "a permit too many");
}
void goes_on(counting_semaphore const& which, complaints& bad) {
  bad.expect(which.try_acquire(), "a permit was held up");
  which.release();
}
void acquire(counting_semaphore const& which) { which.acquire(); }
void release_two(counting_semaphore const& which) { which.release(2); }
void release_one(counting_semaphore const& which) { which.release(); }

}  // namespace

std::vector<operation> counting_semaphore_operations() {
  sync_rules<counting_semaphore> const rules{
      [](segment const& home) { return home.publish<counting_semaphore>("x", initial, most); }, found, works, goes_on,
      release_one, [](contents what) { return contents{what.front() + 1}; }};
  return sync_operations<counting_semaphore>(
      "semaphore", rules, {{"acquire", {3}, {2}, {}, {}, acquire}, {"release", {3}, {5}, {}, {}, release_two}});
}

}  // namespace stoa::kill_suite
