// queue_scene.hpp: a queue that somebody dies or stops in: what he does, and what is to be found
// after.
#pragma once
#include <gtest/gtest.h>

#include <chrono>

#include "all_lanes.hpp"
#include "elements.hpp"
#include "kill_each_instruction.hpp"
#include "queue_actor.hpp"

namespace stoa::testing {

// --- what came before ---

struct scene {
  scratch_name name;
  segment home = segment::create(name, 1u << 16,
                                 {.max_entries = 4, .max_participants = 4, .max_lanes = lanes});
  // Every operation comes past the wrap of the counters at some fill.
  elements queue = home.publish<elements>("q", capacity, before_wrap);
  shared_report reported;

  void fill(std::uint64_t count) const {
    for (std::uint64_t n = 1; n <= count; ++n) ASSERT_TRUE(queue.try_push(sealed{n}));
  }
};

// --- what is left ---

// The ways in which those who live come to know of a death.
inline contents drained(scene const& where, std::size_t way) {
  auto const queue = way % 3 == 0 ? segment::open(where.name).attach<elements>("q") : where.queue;
  if (way % 3 == 1) queue.recover();
  contents out;
  auto const next = [&] {
    return way % 3 == 2 ? queue.pop_for(std::chrono::seconds{0}) : queue.try_pop();
  };
  while (auto const got = next()) {
    EXPECT_TRUE(got->is_whole());
    out.push_back(got->number());
  }
  return out;
}

inline void expect_all_capacity(elements const& queue) {
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(queue.size(), 0u);
    for (std::uint64_t n = 0; n < capacity; ++n) EXPECT_TRUE(queue.try_push(sealed{100 + n})) << n;
    EXPECT_FALSE(queue.try_push(sealed{99}));
    for (std::uint64_t n = 0; n < capacity; ++n) {
      auto const got = queue.try_pop();
      ASSERT_TRUE(got) << n;
      EXPECT_EQ(got->number(), 100 + n);
    }
    EXPECT_FALSE(queue.try_pop());
  }
}

inline void expect_all_lanes(scene const& where) {
  static_cast<void>(where.queue.try_claim());  // settles what the dead have left
  expect_a_lane_for_each_of(lanes, where.home);
  for (auto& each : where.home.attachment().map().used_lanes())
    for_each_name(each, [](lane_name& name) {
      auto const op = op_of(name.what.load());
      EXPECT_TRUE(op == lane_op::none || op == lane_op::returned) << static_cast<int>(op);
    });
}

}  // namespace stoa::testing
