// Producers that stand still while they make room, for a lap, and go on: those who make room at the same place later
// still count right, and nothing is dropped that is not in the way. Or until a reader comes, who is waited for.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstring>
#include <stoa/array.hpp>
#include <utility>
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
  // Without timestamps each send takes the same number of instructions: reading the clock takes more while the kernel
  // sets it.
  struct broadcast_scene : words_scene {
    explicit broadcast_scene(std::uint64_t sent)
        : words_scene{{.delivery = delivery::broadcast,
                       .when_full = when_full::overwrite,
                       .timestamps = message_time::none}} {
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

// A claim in a full ring, and nothing else: a call that sends looks again when it is refused.
auto ready_to_claim(words_scene const& where) {
  return [&where] {
    auto home = segment::open(where.name);
    auto const bytes = *message_ring_bytes::adopt(home.entries().front().view());
    auto& name = home.attachment().my_lane().intent;
    return [home = std::move(home), bytes, &name, &done = *where.reported.get()] {
      try {
        auto const mine = bytes.claim(home.attachment(), name, 1);
        if (!mine) return;
        bytes.abandon(mine);
        forget(name);
        done.note_push(0);
      } catch (error const&) {
        done.note_pop(0);
      }
    };
  };
}

struct full_scene : words_scene {
  explicit full_scene(message_ring_options const& options, std::uint64_t count = room_of_scene) : words_scene{options} {
    send(count);
  }
  void send(std::uint64_t count) {
    for (; count > 0; --count) sent += ring.try_send({});
  }
  std::uint64_t sent = 0;
};

class overtaken_producer : public ::testing::TestWithParam<std::pair<delivery, when_full>> {
 protected:
  static message_ring_options options() {
    return {.delivery = GetParam().first, .when_full = GetParam().second, .first_position = position_before_wrap};
  }
};

// By two laps, while it makes room where there is nothing to be made any more.
TEST_P(overtaken_producer, DropsNothingOfALaterLapAndHasRoom) {
  auto const trace = [] {
    full_scene where{options()};
    return stepped_child{ready_to_claim(where)}.trace();
  };
  std::size_t overtaken = 0;
  for_each_instruction(trace, [&](cut const& here) {
    full_scene where{options()};
    stepped_child slow{ready_to_claim(where)};
    here.lead(slow);
    where.send(2 * ring_units);
    overtaken += where.sent == room_of_scene + 2 * ring_units;
    auto const lost = where.ring.statistics().lost;
    EXPECT_TRUE(slow.finish());
    EXPECT_EQ(where.reported.get()->pushes, 1u) << "it was refused";
    EXPECT_LE(where.ring.statistics().lost, lost + 2) << "one for its own room, and one that it was about to drop";
    if (options().delivery == delivery::group) {
      EXPECT_EQ(where.ring.statistics().lost + where.ring.size(), where.sent);
    }
    return effect::undecided;
  });
  EXPECT_GT(overtaken, 0u);
}

// The others send, take all that is there, and send some more.
class slow_producer : public ::testing::TestWithParam<std::pair<std::uint64_t, std::uint64_t>> {
 protected:
  static constexpr message_ring_options options{.when_full = when_full::overwrite,
                                                .first_position = position_before_wrap};
};

// But for one that it was about to drop.
TEST_P(slow_producer, DropsNothingInARingWithRoom) {
  auto const trace = [] {
    full_scene where{options};
    return stepped_child{ready_to_claim(where)}.trace();
  };
  for_each_instruction(trace, [&](cut const& here) {
    full_scene where{options};
    stepped_child slow{ready_to_claim(where)};
    here.lead(slow);
    where.send(GetParam().first);
    auto const got = where.ring.consumer().poll([](auto const&) {});
    where.send(GetParam().second);
    auto const lost = where.ring.statistics().lost;
    EXPECT_TRUE(slow.finish());
    EXPECT_EQ(where.reported.get()->pushes, 1u) << "it was refused";
    EXPECT_LE(where.ring.statistics().lost, lost + 1);
    EXPECT_EQ(where.ring.statistics().lost + where.ring.size() + got, where.sent);
    return effect::undecided;
  });
}

// What others change while it is copied to a claim arrives as it was copied: the checksum is that of the copy.
TEST(changing_source, CopiedToAClaimIsNoDamage) {
  struct source_scene : words_scene {
    source_scene() : words_scene{{.checksum = true, .timestamps = message_time::none}} {}
    array<std::uint8_t> source = home.publish<array<std::uint8_t>>("source", 100);
  };
  auto const sending = [](source_scene const& where) {
    return [&where] {
      auto home = segment::open(where.name);
      auto const ring = home.attach<message_ring>("m");
      auto const source = home.attach<array<std::uint8_t>>("source");
      home.attachment().my_lane();
      return [home, ring, source] {
        auto slot = ring.claim(source.size());
        std::memcpy(slot.data(), source.data(), source.size());
        slot.commit();
      };
    };
  };
  auto const trace = [&] {
    source_scene where;
    return stepped_child{sending(where)}.trace();
  };
  for_each_instruction(trace, [&](cut const& here) {
    source_scene where;
    stepped_child sender{sending(where)};
    here.lead(sender);
    where.source.fill(7);
    EXPECT_TRUE(sender.finish());
    EXPECT_NO_THROW(EXPECT_TRUE(where.ring.consumer().try_receive()));
    return effect::undecided;
  });
}

// That has lost the last room to another, and finds that the oldest message is no message.
TEST(refused_producer, NamesNothingAnyMore) {
  auto const trace = [] {
    full_scene where{{}, room_of_scene - 1};
    return stepped_child{ready_to_claim(where)}.trace();
  };
  std::size_t refused = 0;
  for_each_instruction(trace, [&](cut const& here) {
    full_scene where{{}, room_of_scene - 1};
    stepped_child slow{ready_to_claim(where)};
    here.lead(slow);
    where.send(1);
    auto const head = where.bytes.header().head.load();
    where.bytes.mark(head).store(make_mark(where.bytes.lap(head), record_state::done, 0));
    EXPECT_TRUE(slow.finish());
    refused += where.reported.get()->pops;
    for (auto& each : where.home.attachment().map().used_lanes())
      for_each_name(each, [](lane_name& name) { EXPECT_EQ(op_of(name.what.load()), lane_op::none); });
    return effect::undecided;
  });
  EXPECT_GT(refused, 0u);
}

INSTANTIATE_TEST_SUITE_P(each, slow_producer,
                         ::testing::Values(std::pair{0, 0}, std::pair{2 * ring_units, 0},
                                           std::pair{2 * ring_units, 4}),
                         [](auto const& each) {
                           return fmt::format("{}SentBeforeAnd{}After", each.param.first, each.param.second);
                         });
INSTANTIATE_TEST_SUITE_P(each, overtaken_producer,
                         ::testing::Values(std::pair{delivery::group, when_full::overwrite},
                                           std::pair{delivery::broadcast, when_full::overwrite},
                                           std::pair{delivery::broadcast, when_full::wait}),
                         [](auto const& each) {
                           if (each.param.first == delivery::group) return "Group";
                           return each.param.second == when_full::overwrite ? "OfReaders" : "ThatWaitsForReaders";
                         });

}  // namespace
}  // namespace stoa::testing
