// A latch is counted down, or not.
#include <stoa/sync/latch.hpp>

#include "sync_world.hpp"

namespace stoa::kill_suite {
namespace {

contents found(latch const& which, complaints& bad) {
  bad.expect(which.try_wait() == (which.pending() == 0), "open, and something to come");
  return {which.pending()};
}
void works(latch const& which, complaints& bad) {
  which.count_down(which.pending());
  bad.expect(which.wait_for(std::chrono::hours{1}), "a latch of nothing that is not open");
}
void goes_on(latch const& which, complaints&) { static_cast<void>(which.wait_for(std::chrono::microseconds{1})); }
void count_down(latch const& which) { which.count_down(2); }
void one_more(latch const& which) {
  if (which.pending() != 0) which.count_down();
}

}  // namespace

std::vector<operation> latch_operations() {
  sync_rules<latch> const rules{[](segment const& home) { return home.publish<latch>("x", 3); }, found, works, goes_on,
                                one_more, [](contents what) { return contents{what.front() - 1}; }};
  return sync_operations<latch>("latch", rules, {{"count_down", {3}, {1}, {}, {}, count_down}});
}

}  // namespace stoa::kill_suite
