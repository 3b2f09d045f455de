// Members that are killed are not waited for, stopped ones are.
#include <gtest/gtest.h>

#include "child.hpp"
#include "elements.hpp"
#include "since_kill.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;

int run_member(child_arguments const& a) {
  auto const barrier = segment::open(a.at(0)).attach<stoa::barrier>("b");
  for (;;) barrier.arrive_and_wait();
}
child_program const member{"member", run_member};

struct scene {
  scratch_name name;
  segment home = segment::create(name, 1u << 18);
  stoa::barrier barrier = home.publish<stoa::barrier>("b", 3);
  std::vector<child> members;
  scene() {
    for (int i = 0; i < 2; ++i) members.push_back(child::start("member", {name.str()}));
    barrier.arrive_and_wait();
  }
};

TEST(barrier, GoesOnWithinMillisecondsOfAKill) {
  scene all;
  all.members[0].stop();
  // It may have arrived for one phase in advance, never for two.
  auto arrival = all.barrier.arrive();
  while (all.barrier.wait_for(arrival, 20ms)) arrival = all.barrier.arrive();
  since_kill watch{"barrier"};
  std::thread waiter{[&] {
    all.barrier.wait(arrival);
    watch.seen();
  }};
  watch.kill(all.members[0]);
  waiter.join();
  for (int i = 0; i < 10; ++i) all.barrier.arrive_and_wait();
}

TEST(barrier, ReplacedMembersGoOnAndNobodyIsStuck) {
  scene all;
  for (std::size_t kill = 0; kill < 40; ++kill) {
    all.members[kill % 2] = child::start("member", {all.name.str()});  // kills the one before
    for (int i = 0; i < 20; ++i) {
      auto const arrival = all.barrier.arrive();
      ASSERT_TRUE(all.barrier.wait_for(arrival, 30s)) << kill;
    }
  }
  all.members.clear();
  for (int i = 0; i < 5; ++i) all.barrier.arrive_and_wait();
}

}  // namespace
}  // namespace stoa::testing
