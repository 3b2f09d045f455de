// Pushers and poppers in other processes that are killed or stopped: every element goes to somebody,
// exactly once where nobody dies with it in his hands, and all nodes stay usable.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "child.hpp"
#include "elements.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;
using numbers = stoa::stack<std::uint64_t>;
using counters = stoa::array<std::uint64_t>;

constexpr std::uint64_t most_numbers = 1u << 22;

// Pushes numbers of its own, in[number] says which it has pushed, until in is used up.
int run_pusher(child_arguments const& a) {
  auto const home = segment::open(a.at(0));
  auto const stack = home.attach<numbers>("s");
  auto const pushed = home.attach<stoa::array<std::uint8_t>>("pushed");
  auto const next = home.attach<counters>("next");
  for (;;) {
    auto const number = next.atomic(0).fetch_add(1);
    if (number >= most_numbers) return 0;
    stack.push(number);
    pushed.atomic(number).store(1);
  }
}
child_program const pusher{"pusher", run_pusher};

// Pops and counts in popped[number].
int run_popper(child_arguments const& a) {
  auto const home = segment::open(a.at(0));
  auto const stack = home.attach<numbers>("s");
  auto const popped = home.attach<stoa::array<std::uint8_t>>("popped");
  for (;;) popped.atomic(stack.pop()).fetch_add(1);
}
child_program const popper{"popper", run_popper};

class stack_processes : public ::testing::Test {
 protected:
  child started(std::string const& program) { return child::start(program, {name.str()}); }
  void expect_all_nodes() const {
    stack.recover();
    while (stack.try_pop()) {
    }
    for (std::uint64_t n = 0; n < stack.capacity(); ++n) ASSERT_TRUE(stack.try_push(n)) << n;
    EXPECT_FALSE(stack.try_push(0));
  }

  scratch_name name;
  segment home = segment::create(name, 16u << 20);
  numbers stack = home.publish<numbers>("s", 6, before_wrap);
  stoa::array<std::uint8_t> pushed = home.publish<stoa::array<std::uint8_t>>("pushed", most_numbers);
  stoa::array<std::uint8_t> popped = home.publish<stoa::array<std::uint8_t>>("popped", most_numbers);
  counters next = home.publish<counters>("next", 1);
};

// At most one element goes with each killed popper; nothing comes twice.
TEST_F(stack_processes, KilledAndReplacedLoseAndDoubleNothing) {
  std::minstd_rand chance{7};
  std::vector<child> workers;
  for (int i = 0; i < 4; ++i) workers.push_back(started(i % 2 == 0 ? "pusher" : "popper"));
  std::uint64_t killed_poppers = 0;
  for (int kill = 0; kill < 120; ++kill) {
    std::this_thread::sleep_for(std::chrono::microseconds{chance() % 4000});
    auto const which = chance() % workers.size();
    killed_poppers += which % 2;
    workers[which] = started(which % 2 == 0 ? "pusher" : "popper");  // kills the one before
  }
  for (auto& each : workers) each.kill();
  killed_poppers += 2;
  stack.recover();
  while (auto const got = stack.try_pop()) popped.atomic(*got).fetch_add(1);
  std::uint64_t lost = 0;
  std::uint64_t reported = 0;
  for (std::uint64_t n = 0; n < std::min(next[0], most_numbers); ++n) {
    ASSERT_LE(popped[n], 1) << n << " came twice";
    reported += pushed[n];
    lost += pushed[n] != 0 && popped[n] == 0;
  }
  EXPECT_GT(reported, 1000u);
  EXPECT_LE(lost, killed_poppers);
  expect_all_nodes();
}

TEST_F(stack_processes, StoppedOnesHoldNobodyUp) {
  std::vector<child> stopped;
  for (int i = 0; i < 4; ++i) {
    stopped.push_back(started(i % 2 == 0 ? "pusher" : "popper"));
    EXPECT_TRUE(eventually([&, before = next[0]] { return next.atomic(0).load() > before + 100 || !stack.empty(); }));
    stopped.back().stop();
  }
  // Each keeps one node at the most, and two are left.
  for (std::uint64_t n = 0; n < 5000; ++n) {
    while (stack.size() > 0) static_cast<void>(stack.try_pop());
    ASSERT_TRUE(stack.push_for(0, 30s));
    ASSERT_TRUE(stack.push_for(0, 30s));
    ASSERT_TRUE(stack.try_pop());
    ASSERT_TRUE(stack.try_pop());
  }
  for (auto& each : stopped) each.kill();
  expect_all_nodes();
}

// One that waits for room gets the node of one that dies.
TEST_F(stack_processes, PushIsLetInWhenSomebodyDies) {
  while (stack.try_push(1)) {
  }
  auto waiting = started("pusher");
  EXPECT_TRUE(eventually([&] { return next.atomic(0).load() == 1; }));
  EXPECT_EQ(pushed.atomic(0).load(), 0);
  static_cast<void>(stack.try_pop());
  EXPECT_TRUE(eventually([&] { return pushed.atomic(0).load() == 1; }));
  waiting.kill();
  expect_all_nodes();
}

}  // namespace
}  // namespace stoa::testing
