// A process dies, or stops, after every single instruction of each operation of a stack, and of the
// repair of what others left.
//
// Killed: the others find the operation done entirely or not at all, every other element once and in
// order, all nodes and all lanes. Stopped: nobody takes away what it holds, the others have all nodes
// but one, and when it continues every element is there once.
#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "operation_test.hpp"
#include "stack_scene.hpp"

namespace stoa::testing {
namespace {

void nothing(scene&) {}
void died_pushing(scene& where) {
  auto const victim = made_corpse(where, &push);
  ASSERT_TRUE(step_until_changed(*victim, where.header().free));
}
void died_popping(scene& where) {
  auto const victim = made_corpse(where, &pop);
  ASSERT_TRUE(step_until_changed(*victim, where.header().top));
}
void died_with_all_done_but_forgotten(scene& where) {
  auto const victim = made_corpse(where, &push);
  ASSERT_TRUE(step_until_changed(*victim, where.header().top));
}
void died_pushing_and_died_popping(scene& where) {
  auto const pusher = made_corpse(where, &push);  // both before one dies: who attaches settles
  auto const popper = made_corpse(where, &pop);
  ASSERT_TRUE(step_until_changed(*pusher, where.header().free));
  ASSERT_TRUE(step_until_changed(*popper, where.header().top));
}
// Two dead name the same node, and one of them had taken it.
void died_as_rivals(scene& where, void (*operation)(actor&), atomic_u64 const& list) {
  auto const loser = made_corpse(where, operation);
  ASSERT_TRUE(step_until_named(*loser, where));
  auto const winner = made_corpse(where, operation);
  ASSERT_TRUE(step_until_changed(*winner, list));
}
void died_as_rivals_pushing(scene& where) {
  died_as_rivals(where, &push, where.header().free);
}
void died_as_rivals_popping(scene& where) {
  died_as_rivals(where, &pop, where.header().top);
}
// One dead names a node that is in use again.
void died_before_it_could_push(scene& where) {
  auto const victim = made_corpse(where, &push);
  ASSERT_TRUE(step_until_named(*victim, where));
  ASSERT_TRUE(where.stack.try_push(sealed{9}));
}

struct operation {
  std::string name;
  std::uint64_t filled;  // elements 1 to that are in the stack
  void (*arrange)(scene&);
  void (*run)(actor&);
  contents before;  // what is in the stack if it did not happen, the youngest first,
  contents after;   // and if it did
  readiness begins = readiness::has_lane;
};

std::vector<operation> operations() {
  return {
      {"Push", 2, nothing, push, {2, 1}, {50, 2, 1}},
      {"FirstPushOfAThread", 2, nothing, push, {2, 1}, {50, 2, 1}, readiness::attached},
      {"PushToAnEmptyStack", 0, nothing, push, {}, {50}},
      {"PushToTheLastNode", 3, nothing, push, {3, 2, 1}, {50, 3, 2, 1}},
      {"PushToAFullStack", 4, nothing, push, {4, 3, 2, 1}, {4, 3, 2, 1}},
      {"Pop", 3, nothing, pop, {3, 2, 1}, {2, 1}},
      {"FirstPopOfAThread", 3, nothing, pop, {3, 2, 1}, {2, 1}, readiness::attached},
      {"PopOfTheLast", 1, nothing, pop, {1}, {}},
      {"PopOfAllNodesInUse", 4, nothing, pop, {4, 3, 2, 1}, {3, 2, 1}},
      {"PopOfNothing", 0, nothing, pop, {}, {}},
      {"AttachAndPushWhereOneDiedPushing", 3, died_pushing, attach_and_push, {3, 2, 1}, {50, 3, 2, 1},
       readiness::opened},
      {"AttachAndPushWhereOneDiedPopping", 4, died_popping, attach_and_push, {3, 2, 1}, {50, 3, 2, 1},
       readiness::opened},
      {"AttachAfterADeadPush", 2, died_pushing, attach, {2, 1}, {2, 1}, readiness::opened},
      {"AttachAfterADeadPop", 3, died_popping, attach, {2, 1}, {2, 1}, readiness::opened},
      {"AttachAfterADeadPushThatWasDone", 2, died_with_all_done_but_forgotten, attach, {50, 2, 1},
       {50, 2, 1}, readiness::opened},
      {"AttachAfterTwo", 3, died_pushing_and_died_popping, attach, {2, 1}, {2, 1}, readiness::opened},
      {"AttachAfterRivalPushes", 2, died_as_rivals_pushing, attach, {2, 1}, {2, 1}, readiness::opened},
      {"AttachAfterRivalPops", 3, died_as_rivals_popping, attach, {2, 1}, {2, 1}, readiness::opened},
      {"AttachAfterADeadNameOfANodeInUse", 2, died_before_it_could_push, attach, {9, 2, 1},
       {9, 2, 1}, readiness::opened},
  };
}

void PrintTo(operation const& each, std::ostream* out) {
  *out << each.name;
}

class stack_operation : public operation_test<scene, operation> {};

TEST_P(stack_operation, KilledAfterAnyInstructionHappenedOrNot) {
  for_each_instruction(&trace, [](cut const& here) {
    scene where;
    arrange(where);
    {
      stepped_child killed{victim(where)};
      here.lead(killed);
    }
    look_for_the_dead(where, here.after);
    auto const found = effect_of(drained(where), what().before, what().after, where.reported.get()->is_done);
    expect_all_nodes(where.stack);
    expect_all_lanes(where);
    return found;
  });
}

TEST_P(stack_operation, StoppedAfterAnyInstructionHoldsNobodyUp) {
  for_each_instruction(&trace, [](cut const& here) {
    scene where;
    arrange(where);
    contents in = what().before;
    contents out;
    {
      stepped_child stopped{victim(where)};
      here.lead(stopped);
      look_for_the_dead(where, here.after);
      // The others go on meanwhile, with all nodes but one.
      for (int round = 0; round < 2; ++round) {
        while (auto const got = where.stack.try_pop()) out.push_back(got->number());
        std::uint64_t pushed = 0;
        for (; where.stack.push_for(sealed{200 + pushed}, std::chrono::seconds{0}); ++pushed) {
          EXPECT_LT(pushed, capacity);
          in.push_back(200 + pushed);
        }
        EXPECT_GE(pushed, capacity - 1);
      }
      static_cast<void>(stopped.finish());
    }
    expect_each_once(in, out, *where.reported.get(), drained(where));
    expect_all_nodes(where.stack);
    expect_all_lanes(where);
    return effect::undecided;
  });
}

INSTANTIATE_TEST_SUITE_P(each, stack_operation, ::testing::ValuesIn(operations()),
                         [](auto const& each) { return each.param.name; });

}  // namespace
}  // namespace stoa::testing
