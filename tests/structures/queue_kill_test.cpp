// A process dies, or stops, after every single instruction of each operation of a queue.
//
// Killed: the others find the operation done entirely or not at all, every other element once and
// in order, all capacity and all lanes. Stopped: nobody takes away what it holds, the others go on,
// and when it continues every element is there once.
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "operation_test.hpp"
#include "queue_scene.hpp"

namespace stoa::testing {
namespace {

void nothing(scene&) {}
void first_was_returned(scene& where) {
  where.queue.try_claim().abort();
}
void two_were_returned(scene& where) {
  auto const first = where.queue.try_claim();
  auto const second = where.queue.try_claim();
}
// Kills another process in the middle of `operation`, as soon as `is_taken` holds.
template <class Condition>
void leave_a_corpse(scene& where, void (*operation)(actor&), Condition is_taken) {
  stepped_child corpse{ready(where, operation)};
  ASSERT_TRUE(corpse.step_until([&] { return is_taken(where.queue.statistics()); }));
}
void died_pushing(scene& where) {
  auto const before = where.queue.statistics().pushed;
  leave_a_corpse(where, &push, [=](auto const& now) { return now.pushed != before; });
}
void died_pushing_three(scene& where) {
  auto const before = where.queue.statistics().pushed;
  leave_a_corpse(where, &push_three, [=](auto const& now) { return now.pushed != before; });
}
void died_popping(scene& where) {
  leave_a_corpse(where, &pop, [](auto const& now) { return now.popped != 0; });
}
void died_popping_three(scene& where) {
  leave_a_corpse(where, &pop_three, [](auto const& now) { return now.popped != 0; });
}
void died_with_a_lease(scene& where) {
  leave_a_corpse(where, &claim_and_commit, [](auto const& now) { return now.popped != 0; });
}

struct operation {
  std::string name;
  std::uint64_t filled;  // elements 1 to that are in the queue
  void (*arrange)(scene&);
  void (*run)(actor&);
  contents before;          // what is in the queue if it did not happen,
  contents after;           // and if it did
  std::uint64_t untouched;  // that many can be popped while it is stopped anywhere
  readiness begins = readiness::has_lane;
};

std::vector<operation> operations() {
  return {
      {"Push", 2, nothing, push, {1, 2}, {1, 2, 50}, 2},
      {"FirstPushOfAThread", 2, nothing, push, {1, 2}, {1, 2, 50}, 2, readiness::attached},
      {"PushToTheLastSlot", 3, nothing, push, {1, 2, 3}, {1, 2, 3, 50}, 3},
      {"PushThree", 1, nothing, push_three, {1}, {1, 50, 51, 52}, 1},
      {"PushThreeWithRoomForTwo", 2, nothing, push_three, {1, 2}, {1, 2, 50, 51}, 2},
      {"Pop", 3, nothing, pop, {1, 2, 3}, {2, 3}, 2},
      {"FirstPopOfAThread", 3, nothing, pop, {1, 2, 3}, {2, 3}, 2, readiness::attached},
      {"PopThree", 4, nothing, pop_three, {1, 2, 3, 4}, {4}, 1},
      {"ClaimAndCommit", 3, nothing, claim_and_commit, {1, 2, 3}, {2, 3}, 2},
      {"ClaimAndAbort", 3, nothing, claim_and_abort, {1, 2, 3}, {1, 2, 3}, 2},
      {"PopOfAReturnedElement", 3, first_was_returned, pop, {1, 2, 3}, {2, 3}, 2},
      {"PopOfTwoReturnedElements", 3, two_were_returned, pop, {1, 2, 3}, {2, 3}, 1},
      {"PopThreeOfReturnedElements", 3, two_were_returned, pop_three, {1, 2, 3}, {2, 3}, 1},
      {"ClaimOfAReturnedElement", 3, first_was_returned, claim_and_commit, {1, 2, 3}, {2, 3}, 2},
      {"AbortOfAReturnedElement", 3, two_were_returned, claim_and_abort, {1, 2, 3}, {1, 2, 3}, 1},
      {"AttachAfterADeadPush", 2, died_pushing, attach, {1, 2}, {1, 2}, 2, readiness::opened},
      {"AttachAfterADeadPushOfThree",
       1,
       died_pushing_three,
       attach,
       {1},
       {1},
       1,
       readiness::opened},
      {"AttachAfterADeadPop", 3, died_popping, attach, {1, 2, 3}, {1, 2, 3}, 2, readiness::opened},
      {"AttachAfterADeadPopOfThree", 4, died_popping_three, attach, up_to(4), up_to(4), 1,
       readiness::opened},
      {"AttachAfterADeadLease",
       3,
       died_with_a_lease,
       attach,
       {1, 2, 3},
       {1, 2, 3},
       2,
       readiness::opened},
  };
}

void PrintTo(operation const& each, std::ostream* out) {
  *out << each.name;
}

class queue_operation : public operation_test<scene, operation> {
 protected:
  // What a dead consumer had taken comes first for those who look for the dead; who does not look
  // until he finds nothing gets it last.
  static effect judge(contents found, bool is_done, std::size_t way) {
    if (way % 3 == 2) std::ranges::sort(found);
    return effect_of(found, what().before, what().after, is_done);
  }
};

TEST_P(queue_operation, KilledAfterAnyInstructionHappenedOrNot) {
  for_each_instruction(&trace, [](cut const& here) {
    scene where;
    arrange(where);
    {
      stepped_child killed{victim(where)};
      here.lead(killed);
    }
    auto const found = judge(drained(where, here.after), where.reported.get()->is_done, here.after);
    expect_all_capacity(where.queue);
    expect_all_lanes(where);
    return found;
  });
}

TEST_P(queue_operation, StoppedAfterAnyInstructionIsNotRepairedAway) {
  for_each_instruction(&trace, [](cut const& here) {
    scene where;
    arrange(where);
    contents in = up_to(what().filled);
    contents out;
    {
      stepped_child stopped{victim(where)};
      here.lead(stopped);
      where.queue.recover();
      // The others go on meanwhile.
      for (std::uint64_t n = 200; n < 202; ++n)
        if (where.queue.try_push(sealed{n})) in.push_back(n);
      for (std::uint64_t i = 0; i < what().untouched; ++i) {
        auto const got = where.queue.try_pop();
        EXPECT_TRUE(got) << "kept from number " << i;
        if (got) out.push_back(got->number());
      }
      EXPECT_TRUE(stopped.finish());
    }
    expect_each_once(in, out, *where.reported.get(), drained(where, here.after));
    expect_all_capacity(where.queue);
    expect_all_lanes(where);
    return effect::undecided;
  });
}

INSTANTIATE_TEST_SUITE_P(each, queue_operation, ::testing::ValuesIn(operations()),
                         [](auto const& each) { return each.param.name; });

}  // namespace
}  // namespace stoa::testing
