// Producers of a broadcast ring that stand still while they make room, for a lap, and go on: those who make room at the
// same place later still count right. Or until a reader comes, who is waited for.
#include <gtest/gtest.h>

#include <vector>

#include "message_ring_scene.hpp"

namespace stoa::testing {
namespace {

constexpr std::uint64_t at_unit(std::uint64_t unit) { return unit * record_unit; }
// Of no bytes: each is a record of one unit.
void send_nothing(actor& self) { static_cast<void>(self->try_send({})); }

// A ring of 16 units, and its words.
struct words_scene {
  explicit words_scene(message_ring_options const& options)
      : ring{home.publish<message_ring>("m", ring_bytes_of_scene, options)},
        bytes{*message_ring_bytes::adopt(home.entries().front().view())} {}

  scratch_name name;
  segment home = segment::create(name, 1u << 16, {.max_entries = 4, .max_participants = 4, .max_lanes = lanes});
  message_ring ring;
  shared_report reported;
  message_ring_bytes bytes;
};

// Head comes to the third unit, in two laps.
class late_producer : public ::testing::Test {
 protected:
  struct broadcast_scene : words_scene {
    explicit broadcast_scene(std::uint64_t sent)
        : words_scene{{.delivery = delivery::broadcast, .when_full = when_full::overwrite}} {
      for (; sent > 0; --sent) EXPECT_TRUE(ring.try_send({}));
    }
    std::uint64_t head() const { return bytes.header().head.load(); }
    std::uint64_t turn() const { return bytes.turn(at_unit(2)).load(); }
  };
  static constexpr std::uint64_t sent_at_first = room_of_scene;  // the next one moves head to the third unit

  // From head before the first unit to before the first of the next lap, past the third at one go.
  static void go_round(broadcast_scene& where) {
    std::vector<std::byte> const longer(64);
    ASSERT_TRUE(where.ring.try_send(longer)) << "two units, and a padding before";
    ASSERT_EQ(where.head(), at_unit(4));
    ASSERT_EQ(where.turn(), 0u);
    while (where.bytes.header().tail.load() != at_unit(31)) ASSERT_TRUE(where.ring.try_send({}));
    ASSERT_EQ(where.head(), at_unit(16));
  }
  // After how many instructions it sets the third unit's turn.
  static std::size_t steps_to_turn(broadcast_scene& where, stepped_child& child) {
    auto const before = where.turn();
    for (std::size_t steps = 1;; ++steps) {
      if (child.step() != stepped_child::state::stepping) return 0;
      if (where.turn() != before) return steps;
    }
  }
};

TEST_F(late_producer, SetsNoTurnOfAnEarlierLap) {
  std::size_t to_turn = 0;
  {
    broadcast_scene probe{sent_at_first};
    stepped_child child{ready<broadcast_scene, actor>(probe, &send_nothing)};
    to_turn = steps_to_turn(probe, child);
    ASSERT_EQ(probe.turn(), 2u);
  }
  std::size_t to_next_turn = 0;
  {
    broadcast_scene probe{sent_at_first};
    go_round(probe);
    stepped_child child{ready<broadcast_scene, actor>(probe, &send_nothing)};
    to_next_turn = steps_to_turn(probe, child);
    ASSERT_EQ(probe.turn(), 16u);
  }
  std::size_t late = 0;
  for (std::size_t before = 1; before <= 64; ++before) {
    SCOPED_TRACE(before);
    broadcast_scene where{sent_at_first};
    stepped_child slow{ready<broadcast_scene, actor>(where, &send_nothing)};
    ASSERT_TRUE(slow.step(to_turn - 1));
    go_round(where);
    stepped_child fast{ready<broadcast_scene, actor>(where, &send_nothing)};
    ASSERT_TRUE(fast.step(to_next_turn - before));
    slow.step();
    late += where.turn() == 2;
    ASSERT_TRUE(fast.finish());
    EXPECT_EQ(where.head(), at_unit(18));
    EXPECT_EQ(where.turn(), 16u);
    ASSERT_TRUE(slow.finish());
  }
  EXPECT_GT(late, 0u) << "none was late";
}

// Of which it would have to make room for almost half of the ring.
void send_much(actor& self) { static_cast<void>(self->try_send(std::vector<std::byte>(250), 999)); }

struct waiting_scene : words_scene {
  static constexpr std::uint64_t last = 19;
  waiting_scene() : words_scene{{.delivery = delivery::broadcast, .when_full = when_full::wait}} {
    for (std::uint64_t n = 1; n <= last; n += 3) EXPECT_TRUE(send_number(ring, n));  // two units each
    EXPECT_EQ(bytes.header().tail.load(), at_unit(14)) << "it is full";
  }
};

// It comes when a producer has seen that there is no reader, and has not yet made room.
TEST(late_reader, IsWaitedFor) {
  auto const trace = [] {
    waiting_scene where;
    return stepped_child{ready<waiting_scene, actor>(where, &send_much)}.trace();
  };
  for_each_instruction(trace, [](cut const& here) {
    waiting_scene where;
    stepped_child producer{ready<waiting_scene, actor>(where, &send_much)};
    here.lead(producer);
    auto reader = where.ring.reader();
    auto const got = reader.try_receive();
    if (!got) {
      ADD_FAILURE() << "nothing is there";
      return effect::undecided;
    }
    auto const first = number_in(got->data());
    EXPECT_TRUE(producer.finish());
    for (int i = 0; i < 8; ++i) static_cast<void>(where.ring.try_send({}, 999));
    EXPECT_TRUE(is_numbered_message(got->data())) << "overwritten while it was read";
    for (auto n = first + 3; n <= waiting_scene::last; n += 3) {
      auto const next = reader.try_receive();
      EXPECT_TRUE(next && is_numbered_message(next->data()) && number_in(next->data()) == n);
    }
    EXPECT_EQ(reader.lost(), 0u);
    return effect::undecided;
  });
}

struct overwriting_scene : words_scene {
  overwriting_scene() : words_scene{with_blocks(options_of_scene(when_full::overwrite))} {}
};

// A consumer that gives the oldest message back, and stands still before it says so.
TEST(late_consumer, IsNotTheReasonWhyOthersAreDropped) {
  for (bool const is_large : {false, true}) {
    SCOPED_TRACE(is_large);
    overwriting_scene where;
    auto const& bytes = where.bytes;
    auto const first = bytes.header().head.load();
    if (is_large) {
      for (std::uint64_t n = 0; n < blocks_of_scene; ++n) ASSERT_TRUE(send_number(where.ring, 301 + 3 * n));
      for (std::uint64_t n = 0; n < 5; ++n) ASSERT_TRUE(send_number(where.ring, 300));
    } else {
      for (std::uint64_t n = 0; n < room_of_scene; ++n) ASSERT_TRUE(send_number(where.ring, 300));
    }
    auto const waiting = where.ring.size();
    stepped_child slow{ready<overwriting_scene, actor>(where, &receive_and_abort)};
    ASSERT_TRUE(slow.step_until([&] { return state_in(bytes.mark(first).load()) == record_state::returned; }));
    EXPECT_EQ(bytes.header().recall.load(), 0u);
    EXPECT_TRUE(send_number(where.ring, is_large ? 301 : 300));
    EXPECT_EQ(where.ring.statistics().lost, 1u);
    EXPECT_EQ(where.ring.size(), waiting);
    ASSERT_TRUE(slow.finish());
  }
}

}  // namespace
}  // namespace stoa::testing
