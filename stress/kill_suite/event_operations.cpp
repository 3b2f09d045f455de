// An event is set or not.
#include <stoa/sync/event.hpp>

#include "sync_world.hpp"

namespace stoa::kill_suite {
namespace {

contents found(event const& which, complaints& bad) {
  bool const is_set = which.is_set();
  bad.expect(which.wait_for(std::chrono::microseconds{0}) == is_set, "wait_for() and is_set() differ");
  return {is_set};
}
void works(event const& which, complaints& bad) {
  which.set();
  bad.expect(which.wait_for(std::chrono::hours{1}), "a set event that is not set");
  bad.expect(which.reset() && !which.is_set(), "a reset event that is set");
}
void goes_on(event const& which, complaints&) { static_cast<void>(which.is_set()); }
void set(event const& which) { which.set(); }
void reset(event const& which) { which.reset(); }

}  // namespace

std::vector<operation> event_operations() {
  sync_rules<event> const rules{[](segment const& home) { return home.publish<event>("x"); }, found, works, goes_on, set,
                                [](contents) { return contents{1}; }};
  return sync_operations<event>("event", rules, {{"set", {0}, {1}, {}, {}, set}, {"reset", {1}, {0}, set, {}, reset}});
}

}  // namespace stoa::kill_suite
