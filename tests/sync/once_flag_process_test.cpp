// The one who is at it is killed, and another begins anew; or it is stopped, and the others wait.
#include <gtest/gtest.h>

#include "child.hpp"
#include "elements.hpp"
#include "since_kill.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;
using counters = stoa::array<std::uint64_t>;

int run_stuck(child_arguments const& a) {
  auto const home = segment::open(a.at(0));
  auto const begun = home.attach<counters>("c");
  home.attach<stoa::once_flag>("o").call([&] {
    begun.atomic(0).fetch_add(1);
    for (;;) std::this_thread::sleep_for(1h);
  });
  return 0;
}
child_program const stuck{"stuck", run_stuck};

struct scene {
  scratch_name name;
  segment home = segment::create(name, 1u << 18);
  stoa::once_flag once = home.publish<stoa::once_flag>("o");
  counters begun = home.publish<counters>("c", 1);
  child victim = child::start("stuck", {name.str()});
  scene() {
    EXPECT_TRUE(eventually([&] { return begun.atomic(0).load() == 1; }));
  }
};

TEST(once_flag, IsBegunAnewWithinMillisecondsOfAKill) {
  scene all;
  since_kill watch{"once_flag"};
  int runs = 0;
  std::thread waiter{[&] {
    EXPECT_TRUE(all.once.call([&] { ++runs; }));
    watch.seen();
  }};
  watch.kill(all.victim);
  waiter.join();
  EXPECT_EQ(runs, 1);
  EXPECT_TRUE(all.once.is_done());
}

TEST(once_flag, AStoppedOneIsWaitedFor) {
  scene all;
  all.victim.stop();
  std::atomic<bool> has_run{false};
  std::thread waiter{[&] { all.once.call([&] { has_run = true; }); }};
  // Long enough for several looks at who is at it.
  EXPECT_FALSE(eventually([&] { return has_run.load(); }, 50ms));
  all.victim.kill();
  waiter.join();
  EXPECT_TRUE(has_run);
}

}  // namespace
}  // namespace stoa::testing
