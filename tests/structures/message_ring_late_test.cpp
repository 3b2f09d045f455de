// Producers of a broadcast ring that stand still while they make room, for a lap, and go on: those who make room at the
// same place later still count right.
#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "message_ring_scene.hpp"

namespace stoa::testing {
namespace {

constexpr std::uint64_t at_unit(std::uint64_t unit) { return unit * record_unit; }
// Of no bytes: each is a record of one unit.
void send_nothing(actor& self) { static_cast<void>(self->try_send({})); }

// A ring of 16 units in which head comes to the third, in two laps.
class late_producer : public ::testing::Test {
 protected:
  struct broadcast_scene {
    explicit broadcast_scene(std::uint64_t sent) : bytes{*message_ring_bytes::adopt(view())} {
      for (; sent > 0; --sent) EXPECT_TRUE(ring.try_send({}));
    }
    entry_view view() {
      std::optional<entry_view> found;
      for (auto const& each : home.entries()) found = each.view();
      return *found;
    }
    std::uint64_t head() const { return bytes.header().head.load(); }
    std::uint64_t turn() const { return bytes.turn(at_unit(2)).load(); }

    scratch_name name;
    segment home = segment::create(name, 1u << 16, {.max_entries = 4, .max_participants = 4, .max_lanes = lanes});
    message_ring ring = home.publish<message_ring>(
        "m", ring_bytes_of_scene,
        message_ring_options{.delivery = delivery::broadcast, .when_full = when_full::overwrite});
    shared_report reported;
    message_ring_bytes bytes;
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

}  // namespace
}  // namespace stoa::testing
