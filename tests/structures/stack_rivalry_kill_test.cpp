// Two processes that take the same node, or one that repairs while another goes on: each cut off, or held,
// after every single instruction.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "kill_each_instruction.hpp"
#include "stack_scene.hpp"

namespace stoa::testing {
namespace {

// A rival has named the same node and is killed before it could take it; another is killed after every
// instruction of taking it.
struct rivalry {
  std::string name;
  void (*rival)(actor&);
  void (*run)(actor&);
  contents before;
  contents after;
};
void PrintTo(rivalry const& each, std::ostream* out) {
  *out << each.name;
}

class stack_rivalry : public ::testing::TestWithParam<rivalry> {};

TEST_P(stack_rivalry, BothKilledLeaveWhatOneWouldLeave) {
  auto const trace_once = [] {
    scene where;
    where.fill(2);
    return stepped_child{ready(where, GetParam().run)}.trace();
  };
  for_each_instruction(trace_once, [](cut const& here) {
    scene where;
    where.fill(2);
    auto rival = std::make_unique<stepped_child>(ready(where, GetParam().rival));
    EXPECT_TRUE(step_until_named(*rival, where));
    {
      stepped_child killed{ready(where, GetParam().run)};
      here.lead(killed);
    }
    if (here.after % 2 == 0) where.stack.recover();  // while the rival lives: what it names is left alone
    rival.reset();
    look_for_the_dead(where, here.after);
    auto const found = drained(where);
    EXPECT_TRUE(found == GetParam().before || found == GetParam().after) << ::testing::PrintToString(found);
    expect_all_nodes(where.stack);
    expect_all_lanes(where);
    return found == GetParam().after ? effect::whole : effect::none;
  });
}

INSTANTIATE_TEST_SUITE_P(each, stack_rivalry,
                         ::testing::Values(rivalry{"PushAndPush", push, push, {2, 1}, {50, 2, 1}},
                                           rivalry{"PopAndPop", pop, pop, {2, 1}, {1}},
                                           rivalry{"PushAndPop", push, pop, {2, 1}, {1}},
                                           rivalry{"PopAndPush", pop, push, {2, 1}, {50, 2, 1}}),
                         [](auto const& each) { return each.param.name; });


// --- a repairer that is slow ---

// Somebody dies who has named the node that is the next to be pushed, and did not take it. Those who attach
// later find nothing to settle, so all others attach before.
void leave_a_name(scene& where) {
  auto const victim = made_corpse(where, &push);
  ASSERT_TRUE(step_until_named(*victim, where));
}

// While a repairer walks through the free nodes, the one it looks at is pushed: it must not follow it to the
// elements and take the node behind it, which a dead one named, for lost.
TEST(stack_repairer, IsNotLedAstrayByANodeThatIsPushed) {
  auto const arrange = [](scene& where) {
    leave_a_name(where);
    ASSERT_TRUE(where.stack.try_pop());  // its node lies on top of the one that is named
  };
  auto const trace_once = [&] {
    scene where;
    where.fill(2);
    stepped_child repairer{ready(where, &recover)};
    arrange(where);
    return repairer.trace();
  };
  for_each_instruction(trace_once, [&](cut const& here) {
    scene where;
    where.fill(2);
    stepped_child repairer{ready(where, &recover)};
    arrange(where);
    here.lead(repairer);
    EXPECT_TRUE(where.stack.try_push(sealed{9}));
    static_cast<void>(repairer.finish());
    EXPECT_EQ(drained(where), (contents{9, 1}));
    expect_all_nodes(where.stack);
    return effect::undecided;
  });
}

// The node that a dead one named is in the hands of another, who puts it away while a repairer looks.
TEST(stack_repairer, SeesThatANodeWasPutWhileItLooked) {
  auto const trace_once = [] {
    scene where;
    where.fill(2);
    stepped_child pusher{ready(where, &push)};
    stepped_child repairer{ready(where, &recover)};
    leave_a_name(where);
    EXPECT_TRUE(step_until_changed(pusher, where.header().free));
    return repairer.trace();
  };
  for_each_instruction(trace_once, [](cut const& here) {
    scene where;
    where.fill(2);
    stepped_child pusher{ready(where, &push)};
    stepped_child repairer{ready(where, &recover)};
    leave_a_name(where);
    EXPECT_TRUE(step_until_changed(pusher, where.header().free));
    here.lead(repairer);
    EXPECT_TRUE(pusher.finish());
    static_cast<void>(repairer.finish());
    EXPECT_EQ(drained(where), (contents{50, 2, 1}));
    expect_all_nodes(where.stack);
    return effect::undecided;
  });
}

}  // namespace
}  // namespace stoa::testing
