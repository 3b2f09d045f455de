// Who arrives is a member, and counts as arrived when it is dead; before that its place is waited for.
#include <stoa/sync/barrier.hpp>
#include <thread>

#include "sync_world.hpp"

namespace stoa::kill_suite {
namespace {

contents const is_going_on{0};
contents const has_ended{1};

// There is a dead member. Whoever looks takes its place, and the victim's is waited for, if it ever had one.
contents found(barrier const& which, complaints&) {
  return {which.wait_for(which.arrive(), std::chrono::milliseconds{2})};
}

void expect_phases_of_one(barrier const& which, complaints& bad) {
  auto const before = which.phase();
  bad.expect(before != 0, "all have arrived or dropped, and the phase goes on");
  for (std::uint64_t i = 1; i <= 3; ++i) {
    bad.expect(which.wait_for(which.arrive(), std::chrono::hours{1}), "a phase of one that does not end");
    bad.expect(which.phase() == before + i, "phases are left out");
  }
}
// Somebody takes the other place, arrives and drops it; then this thread goes from phase to phase by itself.
void works(barrier const& which, complaints& bad) {
  std::thread{[&] { which.arrive_and_drop(); }}.join();
  expect_phases_of_one(which, bad);
}
// The same, if the other place is there still: whoever had it may have dropped it.
void works_after_drop(barrier const& which, complaints& bad) {
  std::thread{[&] {
    try {
      which.arrive_and_drop();
    } catch (error const&) {
    }
  }}.join();
  expect_phases_of_one(which, bad);
}
void goes_on(barrier const& which, complaints&) { static_cast<void>(which.phase()); }
void drop(barrier const& which) { which.arrive_and_drop(); }
void arrive(barrier const& which) { static_cast<void>(which.arrive()); }

}  // namespace

std::vector<operation> barrier_operations() {
  sync_rules<barrier> const rules{[](segment const& home) { return home.publish<barrier>("x", 3); }, found, works,
                                  goes_on, [](barrier const&) {}, [](contents what) { return what; }};
  auto rules_of_drop = rules;
  rules_of_drop.works = works_after_drop;
  return joined(
      sync_operations<barrier>("barrier", rules, {{"arrive", is_going_on, has_ended, arrive, {}, arrive}}),
      sync_operations<barrier>("barrier", rules_of_drop,
                               {{"arrive_and_drop", is_going_on, has_ended, arrive, {}, drop}}));
}

}  // namespace stoa::kill_suite
