// A process dies, or stops, after every single instruction of each operation of a message_ring.
//
// Killed: the others find the operation done entirely or not at all, every other message once and in order, without a
// gap in the sequence, all room and all lanes. Stopped: nobody takes away what it holds, the others go on,
// and when it continues every message is there once.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "message_ring_scene.hpp"
#include "operation_test.hpp"

namespace stoa::testing {
namespace {

void nothing(scene&) {}
void first_was_returned(scene& where) { static_cast<void>(where.ring.consumer().try_receive()); }
void two_were_returned(scene& where) {
  auto const consumer = where.ring.consumer();
  auto const first = consumer.try_receive();
  auto const second = consumer.try_receive();
}
void one_was_aborted(scene& where) { static_cast<void>(where.ring.claim(200)); }
void first_is_gone(scene& where) { where.ring.consumer().try_receive()->commit(); }
// Kills another process in the middle of `operation`, as soon as `is_taken` holds.
template <class Condition>
void leave_a_corpse(scene& where, void (*operation)(actor&), Condition is_taken) {
  stepped_child corpse{ready(where, operation)};
  ASSERT_TRUE(corpse.step_until([&] { return is_taken(where.ring.statistics()); }));
}
void died_sending(scene& where) {
  auto const before = where.ring.statistics().used_bytes;
  leave_a_corpse(where, &send, [=](auto const& now) { return now.used_bytes > before; });
}
void died_sending_three(scene& where) {
  auto const before = where.ring.statistics().used_bytes;
  leave_a_corpse(where, &send_three, [=](auto const& now) { return now.used_bytes > before; });
}
void died_receiving(scene& where) {
  leave_a_corpse(where, &receive, [](auto const& now) { return now.received != 0; });
}

struct operation {
  std::string name;
  std::uint64_t filled;  // messages 1 to that are in the ring
  void (*arrange)(scene&);
  void (*run)(actor&);
  contents before;          // what is in the ring if it did not happen,
  contents after;           // and if it did
  std::uint64_t untouched;  // that many can be received while it is stopped anywhere
  readiness begins = readiness::has_lane;
};

void PrintTo(operation const& each, std::ostream* out) { *out << each.name; }

std::vector<operation> operations() {
  return {
      {"Send", 1, nothing, send, {1}, {1, 50}, 1},
      {"SendBeyondTheEnd", 0, nothing, send_longer, {}, {52}, 0},
      {"SendWithFill", 1, nothing, send_longer, {1}, {1, 52}, 1},
      {"FirstSendOfAThread", 2, nothing, send, {1, 2}, {1, 2, 50}, 2, readiness::attached},
      {"SendThatFillsTheRing", 5, one_was_aborted, send_shorter, {1, 2, 3, 4, 5}, {1, 2, 3, 4, 5, 51}, 5},
      {"SendToAFullRing", 6, one_was_aborted, send, {1, 2, 3, 4, 5, 6}, {1, 2, 3, 4, 5, 6}, 6},
      {"SendWhereOthersWere", 6, first_is_gone, send_shorter, {2, 3, 4, 5, 6}, {2, 3, 4, 5, 6, 51}, 5},
      {"SendThree", 1, nothing, send_three, {1}, {1, 50, 51, 52}, 1},
      {"ClaimAndCommit", 2, nothing, claim_and_commit, {1, 2}, {1, 2, 50}, 2},
      {"ClaimAndAbort", 2, nothing, claim_and_abort, {1, 2}, {1, 2}, 2},
      {"Receive", 3, nothing, receive, {1, 2, 3}, {2, 3}, 2},
      {"ReceiveBehindPadding", 0, one_was_aborted, receive, {}, {}, 0},
      {"ReceiveAndAbort", 3, nothing, receive_and_abort, {1, 2, 3}, {1, 2, 3}, 2},
      {"ReceiveOfAReturnedMessage", 3, first_was_returned, receive, {1, 2, 3}, {2, 3}, 2},
      {"ReceiveOfTwoReturnedMessages", 3, two_were_returned, receive, {1, 2, 3}, {2, 3}, 1},
      {"AbortOfAReturnedMessage", 3, two_were_returned, receive_and_abort, {1, 2, 3}, {1, 2, 3}, 1},
      {"AttachAfterADeadSend", 2, died_sending, attach, {1, 2}, {1, 2}, 2, readiness::opened},
      {"AttachAfterADeadSendOfThree", 1, died_sending_three, attach, {1}, {1}, 1, readiness::opened},
      {"AttachAfterADeadReceive", 3, died_receiving, attach, {1, 2, 3}, {1, 2, 3}, 2, readiness::opened},
      {"SendAfterADeadSend", 1, died_sending, send_longer, {1}, {1, 52}, 1},
      {"ReceiveAfterADeadReceive", 3, died_receiving, receive, {1, 2, 3}, {}, 0},
  };
}

class message_ring_operation : public operation_test<scene, operation> {
 protected:
  // What a dead consumer had taken comes first for those who look for the dead; who does not look
  // until he finds nothing gets it last.
  static effect judge(contents found, bool is_done, std::size_t way) {
    auto after = what().after;
    if (what().name == "ReceiveAfterADeadReceive") {
      // Which one it got depends on whether it was time to look for the dead: one of them is gone, or none.
      std::ranges::sort(found);
      EXPECT_TRUE(found == what().before || (found.size() == 2 && std::ranges::includes(what().before, found)))
          << ::testing::PrintToString(found);
      EXPECT_FALSE(is_done && found.size() != 2);
      return effect::undecided;
    }
    if (way % 3 == 2) std::ranges::sort(found);
    return effect_of(found, what().before, after, is_done);
  }
};

TEST_P(message_ring_operation, KilledAfterAnyInstructionHappenedOrNot) {
  for_each_instruction(&trace, [](cut const& here) {
    scene where;
    arrange(where);
    {
      stepped_child killed{victim(where)};
      here.lead(killed);
    }
    auto const found = judge(drained(where, here.after), where.reported.get()->is_done, here.after);
    expect_all_room(where.ring);
    expect_all_lanes(where);
    return found;
  });
}

TEST_P(message_ring_operation, StoppedAfterAnyInstructionIsNotRepairedAway) {
  for_each_instruction(&trace, [](cut const& here) {
    scene where;
    arrange(where);
    contents in = what().before;
    contents out;
    {
      stepped_child stopped{victim(where)};
      here.lead(stopped);
      where.ring.recover();
      // The others go on meanwhile.
      for (std::uint64_t n = 200; n < 202; ++n)
        if (send_number(where.ring, n)) in.push_back(n);
      auto const consumer = where.ring.consumer();
      for (std::uint64_t i = 0; i < what().untouched; ++i) {
        auto got = consumer.try_receive();
        EXPECT_TRUE(got) << "kept from number " << i;
        if (!got) continue;
        out.push_back(number_in(got->data()));
        got->commit();
      }
      EXPECT_TRUE(stopped.finish());
    }
    expect_each_once(in, out, *where.reported.get(), drained(where, here.after, false));
    expect_all_room(where.ring);
    expect_all_lanes(where);
    return effect::undecided;
  });
}

INSTANTIATE_TEST_SUITE_P(each, message_ring_operation, ::testing::ValuesIn(operations()),
                         [](auto const& each) { return each.param.name; });

// A rival names the same position, with another length, and is killed before it could claim it. Its name says "may have
// claimed", and must not be believed against the one who has.
struct rivalry {
  std::string name;
  void (*rival)(actor&);
  void (*run)(actor&);
  contents after;
};
void PrintTo(rivalry const& each, std::ostream* out) { *out << each.name; }

class message_ring_rivalry : public ::testing::TestWithParam<rivalry> {};

bool is_anything_named(scene const& where) {
  bool is_named = false;
  for (auto& each : where.home.attachment().map().used_lanes())
    for_each_name(each, [&](lane_name& name) { is_named |= name.what.load() != 0; });
  return is_named;
}

TEST_P(message_ring_rivalry, BothKilledLeaveWhatOneWouldLeave) {
  auto const trace_once = [] {
    scene where;
    where.fill(2);
    return stepped_child{ready(where, GetParam().run)}.trace();
  };
  for_each_instruction(trace_once, [](cut const& here) {
    scene where;
    where.fill(2);
    auto rival = std::make_unique<stepped_child>(ready(where, GetParam().rival));
    EXPECT_TRUE(rival->step_until([&] { return is_anything_named(where); }));
    {
      stepped_child killed{ready(where, GetParam().run)};
      here.lead(killed);
    }
    // Others claim behind it before anything is settled: more boundaries that might mislead.
    if (here.after % 2 == 0) {
      EXPECT_TRUE(send_number(where.ring, 60));
    }
    rival.reset();
    auto found = drained(where, here.after);
    auto expected = GetParam().after;
    contents before{1, 2};
    if (here.after % 2 == 0) {
      before.push_back(60);
      expected.push_back(60);
    }
    EXPECT_TRUE(found == before || found == expected) << ::testing::PrintToString(found);
    expect_all_room(where.ring);
    expect_all_lanes(where);
    return found == expected ? effect::whole : effect::none;
  });
}

INSTANTIATE_TEST_SUITE_P(each, message_ring_rivalry,
                         ::testing::Values(rivalry{"LongAndShort", send, send_shorter, {1, 2, 51}},
                                           rivalry{"ShortAndLong", send_shorter, send, {1, 2, 50}},
                                           rivalry{"SameLength", send, send, {1, 2, 50}},
                                           rivalry{"ShortAndThree", send_shorter, send_three, {1, 2, 50, 51, 52}},
                                           rivalry{"LongAndThree", send, send_three, {1, 2, 50, 51, 52}},
                                           rivalry{"ThreeAndLong", send_three, send, {1, 2, 50}},
                                           rivalry{"ThreeAndShort", send_three, claim_and_commit, {1, 2, 50}}),
                         [](auto const& each) { return each.param.name; });

}  // namespace
}  // namespace stoa::testing
